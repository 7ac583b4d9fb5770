import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { isUniqueViolation } from '#kernel/persistence/failures';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Account, emailTaken, type Role } from '../domain/account.js';

export class OpenAccount {
  constructor(readonly details: { email: string; passwordHash: string; name: string; roles: readonly Role[] }) {}
}

@CommandHandler(OpenAccount)
export class OpenAccountHandler implements ICommandHandler<OpenAccount> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ details }: OpenAccount): Promise<Account> {
    const account = new Account({ id: uuidv7(), ...details });
    return this.unitOfWork.transaction(async (tx) => {
      await tx.em
        .persist(account)
        .flush()
        .catch((error) => {
          throw isUniqueViolation(error, 'account_email_taken') ? emailTaken() : error;
        });
      return account;
    });
  }
}
