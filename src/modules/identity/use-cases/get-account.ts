import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { validate as isUuid } from 'uuid';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Account, unknownAccount } from '../domain/account.js';

/** The account that a token names. */
export class GetAccount {
  constructor(readonly id: string) {}
}

@QueryHandler(GetAccount)
export class GetAccountHandler implements IQueryHandler<GetAccount> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ id }: GetAccount): Promise<Account> {
    const account = isUuid(id) ? await this.unitOfWork.reader.findOne(Account, { id }) : null;
    if (!account) throw unknownAccount();
    return account;
  }
}
