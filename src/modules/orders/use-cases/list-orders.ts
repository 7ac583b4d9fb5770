import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import type { Page } from '#kernel/http/pagination';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Order, type OrderStatus } from '../domain/order.js';

export class ListOrders {
  constructor(
    readonly filter: {
      owner: string | undefined;
      status?: OrderStatus | undefined;
      after?: string | undefined;
      limit: number;
    },
  ) {}
}

@QueryHandler(ListOrders)
export class ListOrdersHandler implements IQueryHandler<ListOrders> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Newest first: ids are UUIDv7 and so in the order of placing. */
  async execute({ filter: { owner, status, after, limit } }: ListOrders): Promise<Page<Order>> {
    const found = await this.unitOfWork.reader.find(
      Order,
      {
        ...(owner === undefined ? {} : { customerId: owner }),
        ...(status === undefined ? {} : { status }),
        ...(after === undefined ? {} : { id: { $lt: after } }),
      },
      { orderBy: { id: 'desc' }, limit: limit + 1 },
    );
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
  }
}
