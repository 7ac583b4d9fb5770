import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Observable } from 'rxjs';
import { DomainError } from '../contract/domain-error.js';
import { MessageCareController } from '../messaging/care/care.controller.js';
import type { Forwarding } from './forwarding.js';
import { type KnownModule, knownModules } from './known-modules.js';

/**
 * For an app that somebody asks past the gateway: by its own modules it cannot tell a subscriber that lives elsewhere from
 * one that is gone, and what is kept for it would be lost.
 */
export class CareBesideOthers implements NestInterceptor {
  private readonly modules: ReadonlyMap<string, KnownModule>;

  constructor(private readonly forwarding: Forwarding) {
    this.modules = knownModules(forwarding);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getClass() === MessageCareController && context.getHandler().name === 'forget') {
      const { params } = context.switchToHttp().getRequest<FastifyRequest<{ Params: { subscriber: string } }>>();
      this.mustNotTakeElsewhere(params.subscriber);
    }
    return next.handle();
  }

  private mustNotTakeElsewhere(name: string): void {
    const subscriber = this.modules.get(name);
    if (!subscriber?.takes || subscriber.app === this.forwarding.self) return;
    const message = `"${name}" takes messages, in the app ${subscriber.app}. To stop it for a while, pause it there.`;
    throw new DomainError('conflict', 'still-subscribes', message);
  }
}
