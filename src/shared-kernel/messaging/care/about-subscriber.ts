import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { type Attempt, attemptUnderKey, usedForAnother } from '../../http/idempotency.js';
import { invalidInput } from '../../http/problem.js';
import { Turns } from '../../http/turns.js';
import { MessageCare } from './message-care.js';
import type { ModuleDatabase } from './module-under-care.js';

const database = new AsyncLocalStorage<ModuleDatabase>();

/**
 * For actions on one subscriber, named in the body: keeps their idempotency keys in that module's schema, and in the
 * transaction of the action where that is the schema it changes; of a module of another app, whose history here is to be
 * sent again, in that of the first module here. Comes before the interceptor of the keys.
 *
 * Another subscriber under the same key is another body, whose key would be looked for in another schema; so all of them
 * are asked, and requests under one key take turns. Of what another process does at that very moment they do not know.
 */
@Injectable()
export class AboutSubscriber implements NestInterceptor {
  private readonly turns = new Turns();

  constructor(private readonly care: MessageCare) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const name = (request.body as { subscriber?: unknown } | null | undefined)?.subscriber;
    if (typeof name !== 'string') throw invalidInput([{ field: 'subscriber', message: 'must name a module' }]);
    const own = this.care.databaseFor(name);
    const attempt = attemptUnderKey(request);
    const work = () => database.run(own, () => lastValueFrom(next.handle()));
    if (attempt === undefined) return from(work());
    return from(
      this.turns.take(`${attempt.scope} ${attempt.key}`, async () => {
        await this.mustBeNewToOthers(own.module, attempt);
        return work();
      }),
    );
  }

  private async mustBeNewToOthers(keeper: string, { scope, key }: Attempt): Promise<void> {
    const text = 'select from idempotency_key where scope = $1 and key = $2';
    if ((await this.care.askOthers(keeper, text, [scope, key])).length > 0) throw usedForAnother();
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
