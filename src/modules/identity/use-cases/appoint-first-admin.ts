import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type Transaction, UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Runtime } from '#kernel/runtime';
import { Account, sameEmail } from '../domain/account.js';
import { Passwords } from '../security/passwords.js';

/** What the app says of the administrator that this module must have. */
const Settings = z.object({
  admin: z
    .object({
      email: z.email().max(254),
      password: z.string().min(12).max(200),
      onlyIfNone: z.boolean(),
      made: z.custom<() => void>((value) => typeof value === 'function', 'must be a function'),
    })
    .optional(),
});
type FirstAdmin = NonNullable<z.output<typeof Settings>['admin']>;

const NAME = 'Administrator';

/**
 * At every start: where any administrator will do (`onlyIfNone`), appoints the given one if there is none; otherwise
 * holds the given one's account to its role and password. Writes only what differs, so a module that may only read
 * starts too.
 */
@Injectable()
export class AppointFirstAdmin implements OnApplicationBootstrap {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly passwords: Passwords,
    private readonly runtime: Runtime,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { admin } = Settings.parse(this.runtime.options.settings.identity ?? {});
    if (admin && (await this.appoint(admin))) admin.made();
  }

  /** Answers whether it had to. */
  private async appoint(admin: FirstAdmin): Promise<boolean> {
    if (admin.onlyIfNone && (await this.hasAdmin())) return false;
    const email = sameEmail(admin.email);
    const known = await this.unitOfWork.reader.findOne(Account, { email });
    const fits = await this.passwords.match(admin.password, known?.passwordHash);
    if (known?.isAdmin && fits) return false;
    const passwordHash = known && fits ? known.passwordHash : await this.passwords.hash(admin.password);
    return this.unitOfWork.transaction(async (tx) => {
      await oneAtATime(tx);
      if (admin.onlyIfNone && (await this.hasAdmin())) return false;
      const account = await tx.em.findOne(Account, { email });
      if (account) account.appointAdmin(passwordHash);
      else tx.em.persist(new Account({ id: uuidv7(), email, name: NAME, roles: ['admin'], passwordHash }));
      return true;
    });
  }

  private async hasAdmin(): Promise<boolean> {
    return (await this.unitOfWork.query(`select from account where 'admin' = any(roles) limit 1`)).length > 0;
  }
}

/** Instances that start at once would otherwise each see no administrator yet. */
async function oneAtATime(tx: Transaction): Promise<void> {
  await tx.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', ['seamline.identity.first-admin']);
}
