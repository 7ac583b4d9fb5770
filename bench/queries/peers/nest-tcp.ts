import 'reflect-metadata';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  type MicroserviceOptions,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { firstValueFrom, timeout } from 'rxjs';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import type { Lasting, StageBeside } from '../../harness/child.js';
import { HOST } from '../../seamline/security.js';
import {
  type Calls,
  type CallsWork,
  type LevelsReply,
  type LevelsRequest,
  levelsOf,
  measureCalls,
  WITHIN,
} from '../workload.js';

const LEVELS = 'stock.levels.v1';

@Controller()
class StockController {
  @MessagePattern(LEVELS)
  async levels(@Payload() request: LevelsRequest): Promise<LevelsReply> {
    return levelsOf(request);
  }
}

@Module({ controllers: [StockController] })
class StockModule {}

interface Listening {
  readonly port: number;
}

/** Nest's own microservice over TCP. */
export async function answer(): Promise<Lasting<Listening>> {
  const port = await freePort();
  const app = await NestFactory.createMicroservice<MicroserviceOptions>(StockModule, {
    transport: Transport.TCP,
    options: { host: HOST, port },
    logger: ['error'],
  });
  await app.listen();
  return { ready: { port }, end: () => app.close() };
}

/** By its ClientProxy, with a deadline as its makers show it. */
export async function ask({ work, beside }: StageBeside<CallsWork, Listening>): Promise<Calls> {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: { host: HOST, port: beside.port } });
  await client.connect();
  const calls = await measureCalls(work, (request) =>
    firstValueFrom(client.send<LevelsReply, LevelsRequest>(LEVELS, request).pipe(timeout(WITHIN))),
  );
  client.close();
  return calls;
}
