import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { isUniqueViolation } from '#kernel/persistence/failures';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Account, emailTaken, type Role } from '../domain/account.js';
import { Passwords } from '../security/passwords.js';

export class OpenAccount {
  constructor(readonly details: { email: string; password: string; name: string; roles: readonly Role[] }) {}
}

@CommandHandler(OpenAccount)
export class OpenAccountHandler implements ICommandHandler<OpenAccount> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly passwords: Passwords,
  ) {}

  /** Hashes before it opens a transaction; a request with an Idempotency-Key has opened one already. */
  async execute({ details: { email, password, name, roles } }: OpenAccount): Promise<Account> {
    const passwordHash = await this.passwords.hash(password);
    const account = new Account({ id: uuidv7(), email, name, roles, passwordHash });
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
