import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { catchError, type Observable, of, throwError } from 'rxjs';
import { DomainError } from '../contract/domain-error.js';
import { MessageCareController } from '../messaging/care/care.controller.js';
import { UnknownMessage } from '../messaging/care/story.js';
import type { Forwarding } from './forwarding.js';
import { type KnownModule, knownModules } from './known-modules.js';

/** What an app tells the gateway of a message that it has no more: which of its modules have taken it. */
export interface Trace {
  readonly onlyTakenBy: readonly string[];
}

export function isTrace(body: object): body is Trace {
  return 'onlyTakenBy' in body;
}

/**
 * For an app that somebody asks past the gateway: by its own modules it cannot tell a subscriber that lives elsewhere from
 * one that is gone, and what is kept for it would be lost. The gateway, which asks every app for its part of a story, it
 * tells who has taken a message, even where it has no more of it.
 */
export class CareBesideOthers implements NestInterceptor {
  private readonly modules: ReadonlyMap<string, KnownModule>;

  constructor(private readonly forwarding: Forwarding) {
    this.modules = knownModules(forwarding);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getClass() !== MessageCareController) return next.handle();
    const action = context.getHandler().name;
    const { params, throughGateway } = context.switchToHttp().getRequest<FastifyRequest>();
    if (action === 'forget') this.mustNotTakeElsewhere((params as { subscriber: string }).subscriber);
    return action === 'story' && throughGateway ? next.handle().pipe(catchError(traceOf)) : next.handle();
  }

  private mustNotTakeElsewhere(name: string): void {
    const subscriber = this.modules.get(name);
    if (!subscriber?.takes.length || subscriber.app === this.forwarding.self) return;
    const message = `"${name}" takes messages, in the app ${subscriber.app}. To stop it for a while, pause it there.`;
    throw new DomainError('conflict', 'still-subscribes', message);
  }
}

function traceOf(error: unknown): Observable<Trace> {
  if (error instanceof UnknownMessage && error.takenBy.length > 0) return of({ onlyTakenBy: error.takenBy });
  return throwError(() => error);
}
