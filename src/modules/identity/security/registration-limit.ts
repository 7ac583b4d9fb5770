import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { networkOf } from './network.js';
import { tooMany } from './too-many.js';

/** Strangers may register, and each registration costs a hash: so many a minute from one network, whatever comes of it. */
@Injectable()
export class RegistrationLimit implements CanActivate {
  private readonly attempts = new RateLimiterMemory({ points: 600, duration: 60 });

  /** @throws DomainError `too-many` for a network that registers too often. */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { ip } = context.switchToHttp().getRequest<FastifyRequest>();
    const count = await this.attempts.penalty(networkOf(ip));
    if (count.consumedPoints > this.attempts.points) throw tooMany('registrations', count);
    return true;
  }
}
