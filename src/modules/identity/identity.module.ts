import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { IdentityController } from './identity.controller.js';
import declaration from './module.json' with { type: 'json' };
import { AccountMapping } from './persistence/account.mapping.js';
import { Accounts } from './persistence/migrations/0001-accounts.js';
import { SigningKey } from './persistence/migrations/0002-signing-key.js';
import { AccessTokens } from './security/access-tokens.js';
import { HashesNewPassword } from './security/new-password.js';
import { Passwords } from './security/passwords.js';
import { RegistrationLimit } from './security/registration-limit.js';
import { SignInLimits } from './security/sign-in-limits.js';
import { settleSigningKey } from './security/signing-key.js';
import { AppointFirstAdmin } from './use-cases/appoint-first-admin.js';
import { GetAccountHandler } from './use-cases/get-account.js';
import { ListCustomersHandler } from './use-cases/list-customers.js';
import { OpenAccountHandler } from './use-cases/open-account.js';
import { SignInHandler } from './use-cases/sign-in.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [AccountMapping],
      migrations: [
        { name: 'identity-0001-accounts', class: Accounts },
        { name: 'identity-0002-signing-key', class: SigningKey },
      ],
    }),
  ],
  controllers: [IdentityController],
  providers: [
    AppointFirstAdmin,
    GetAccountHandler,
    ListCustomersHandler,
    OpenAccountHandler,
    SignInHandler,
    HashesNewPassword,
    Passwords,
    RegistrationLimit,
    SignInLimits,
    {
      provide: AccessTokens,
      inject: [UnitOfWork],
      useFactory: async (unitOfWork: UnitOfWork) => AccessTokens.signedWith(await settleSigningKey(unitOfWork)),
    },
  ],
})
export class IdentityModule {}
