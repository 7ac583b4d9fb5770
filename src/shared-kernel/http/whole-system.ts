import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { httpKernelAround } from './http-kernel.js';
import type { HttpSettings } from './tokens.js';

/**
 * The app as it would be with modules that live elsewhere in it, for its description only: nothing in it is made, so
 * that it needs none of their databases. To be called before the app itself is created, whose logger is to stay.
 */
export function withModules(
  elsewhere: readonly Type[],
  root: Type | DynamicModule,
  settings: HttpSettings,
): Promise<INestApplication> {
  const whole = { module: WholeSystem, imports: [root, ...elsewhere] };
  return NestFactory.create(httpKernelAround(whole, settings), new FastifyAdapter(), {
    preview: true,
    abortOnError: false,
    // It would tell of its start as if it were one, and warn that it is a preview.
    logger: false,
  });
}

class WholeSystem {}
