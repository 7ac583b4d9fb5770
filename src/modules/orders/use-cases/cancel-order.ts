import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { CancellationRequested } from '../contract/cancellation-requested.js';
import { type Order, unknownOrder } from '../domain/order.js';
import { lockOrder } from '../persistence/lock-order.js';

export class CancelOrder {
  constructor(
    readonly orderId: string,
    /** Whose order it must be; anybody's when undefined. */
    readonly owner: string | undefined,
  ) {}
}

@CommandHandler(CancelOrder)
export class CancelOrderHandler implements ICommandHandler<CancelOrder> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ orderId, owner }: CancelOrder): Promise<Order> {
    return this.unitOfWork.transaction(async (tx) => {
      const order = await lockOrder(tx, orderId);
      if (owner !== undefined && order.customerId !== owner) throw unknownOrder(orderId);
      if (order.requestCancellation()) tx.publish(CancellationRequested, { orderId });
      return order;
    });
  }
}
