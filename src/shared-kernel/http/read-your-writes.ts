import {
  type CallHandler,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  UseInterceptors,
} from '@nestjs/common';
import { from, mergeMap, type Observable } from 'rxjs';
import { UnitOfWork } from '../persistence/unit-of-work.js';
import { Runtime } from '../runtime.js';

/** A write is answered when its messages have been taken, or after this, whichever comes first. In milliseconds. */
const PATIENCE = 1_000;

/**
 * For controllers whose callers go straight on to another module with what they have just written: a product is added,
 * and at once its stock is received. Modules stay eventually consistent; the answer only waits, for a moment, until
 * the others have heard. Costs one delivery (a few milliseconds) a write, and promises nothing after its patience, nor of
 * those that are away, whom nobody waits for.
 */
export const ReadYourWrites = () => UseInterceptors(DeliveryInterceptor);

@Injectable()
class DeliveryInterceptor implements NestInterceptor {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly runtime: Runtime,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.switchToHttp().getRequest<{ method: string }>().method === 'GET') return next.handle();
    return next.handle().pipe(mergeMap((answer) => from(this.delivered().then(() => answer))));
  }

  private delivered(): Promise<boolean> {
    return this.runtime.delivered(this.unitOfWork.module, PATIENCE);
  }
}
