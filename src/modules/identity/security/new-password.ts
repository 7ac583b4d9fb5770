import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Passwords } from './passwords.js';

declare module 'fastify' {
  interface FastifyRequest {
    passwordHash?: string;
  }
}

export const NewPassword = z.string().min(12).max(200);
const Body = z.object({ password: NewPassword });

/**
 * Hashes the password of the body for `newPasswordHash`. An interceptor, so that a request can wait for its hash before
 * it opens the transaction of its Idempotency-Key: waiting in one, a crowd would hold all the connections there are.
 * It comes before validation; a password that will be refused is not hashed.
 */
@Injectable()
export class HashesNewPassword implements NestInterceptor {
  constructor(private readonly passwords: Passwords) {}

  async intercept(context: ExecutionContext, next: CallHandler) {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const body = Body.safeParse(request.body);
    if (body.success) request.passwordHash = await this.passwords.hash(body.data.password);
    return next.handle();
  }
}

/** The hash of the password in the body, for the method of a route that HashesNewPassword. */
export function newPasswordHash({ passwordHash }: FastifyRequest): string {
  if (passwordHash === undefined)
    throw new Error('There is no hash: the route must be @Idempotent(HashesNewPassword).');
  return passwordHash;
}
