import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import type { Page } from '#kernel/http/pagination';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Account, sameEmail } from '../domain/account.js';

export class ListCustomers {
  constructor(readonly filter: { email?: string | undefined; after?: string | undefined; limit: number }) {}
}

/** In the order they came: ids are UUIDv7. */
@QueryHandler(ListCustomers)
export class ListCustomersHandler implements IQueryHandler<ListCustomers> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ filter: { email, after, limit } }: ListCustomers): Promise<Page<Account>> {
    const found = await this.unitOfWork.reader.find(
      Account,
      {
        roles: { $contains: ['customer'] },
        ...(email === undefined ? {} : { email: sameEmail(email) }),
        ...(after === undefined ? {} : { id: { $gt: after } }),
      },
      { orderBy: { id: 'asc' }, limit: limit + 1 },
    );
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? (items.at(-1)?.id ?? null) : null };
  }
}
