import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Order, unknownOrder } from '../domain/order.js';

export class GetOrder {
  constructor(
    readonly orderId: string,
    /** Whose order it must be; anybody's when undefined. */
    readonly owner: string | undefined,
  ) {}
}

@QueryHandler(GetOrder)
export class GetOrderHandler implements IQueryHandler<GetOrder> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ orderId, owner }: GetOrder): Promise<Order> {
    const order = await this.unitOfWork.reader.findOne(Order, { id: orderId });
    // Another's order does not exist for whoever asks: a 403 would tell that it does.
    if (!order || (owner !== undefined && order.customerId !== owner)) throw unknownOrder(orderId);
    return order;
  }
}
