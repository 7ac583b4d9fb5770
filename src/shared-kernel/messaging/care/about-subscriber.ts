import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { invalidInput } from '../../http/problem.js';
import { MessageCare } from './message-care.js';
import type { ModuleDatabase } from './module-under-care.js';

const database = new AsyncLocalStorage<ModuleDatabase>();

/**
 * For actions on one subscriber, named in the body: keeps their idempotency keys in that module's schema, and in the
 * transaction of the action where that is the schema it changes. Comes before the interceptor of the keys.
 */
@Injectable()
export class AboutSubscriber implements NestInterceptor {
  constructor(private readonly care: MessageCare) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { body } = context.switchToHttp().getRequest<FastifyRequest<{ Body: { subscriber?: unknown } | null }>>();
    const name = body?.subscriber;
    if (typeof name !== 'string') throw invalidInput([{ field: 'subscriber', message: 'must name a module' }]);
    return from(database.run(this.care.databaseOf(name), () => lastValueFrom(next.handle())));
  }
}

/** Stands where a module has its unit of work: it is that of the subscriber whom the request is about. */
@Injectable()
export class SubscribersUnitOfWork {
  transaction: ModuleDatabase['transaction'] = (work) => {
    const meant = database.getStore();
    if (!meant) throw new Error('@Idempotent() here needs AboutSubscriber before it.');
    return meant.transaction(work);
  };
}
