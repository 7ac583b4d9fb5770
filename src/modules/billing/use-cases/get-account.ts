import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { type Money, money } from '#kernel/contract/money';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ACCOUNT_CURRENCY } from '../domain/payment.js';

export interface Account {
  /** All that was ever taken, what was given back of it included. */
  captured: Money;
  refunded: Money;
  credited: Money;
}

export class GetAccount {
  /** @param customerId null for the guests, all together */
  constructor(readonly customerId: string | null) {}
}

@QueryHandler(GetAccount)
export class GetAccountHandler implements IQueryHandler<GetAccount> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ customerId }: GetAccount): Promise<Account> {
    const [sums] = await this.unitOfWork.query<Record<keyof Account, string>>(
      `select coalesce(sum(amount) filter (where status in ('captured', 'refunded')), 0) as captured,
              coalesce(sum(amount) filter (where status = 'refunded'), 0) as refunded,
              (select coalesce(sum(amount), 0) from credit_note
                where currency = $2 and (customer_id = $1::uuid or ($1 is null and customer_id is null))) as credited
         from payment
        where currency = $2 and (customer_id = $1::uuid or ($1 is null and customer_id is null))`,
      [customerId, ACCOUNT_CURRENCY],
    );
    const { captured, refunded, credited } = sums as Record<keyof Account, string>;
    return {
      captured: money(captured, ACCOUNT_CURRENCY),
      refunded: money(refunded, ACCOUNT_CURRENCY),
      credited: money(credited, ACCOUNT_CURRENCY),
    };
  }
}
