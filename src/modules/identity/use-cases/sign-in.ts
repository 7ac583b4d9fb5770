import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { Turns } from '#kernel/http/turns';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Account, sameEmail, wrongCredentials } from '../domain/account.js';
import { AccessTokens } from '../security/access-tokens.js';
import { Lane } from '../security/lane.js';
import { networkOf } from '../security/network.js';
import { Passwords } from '../security/passwords.js';
import { SignInLimits } from '../security/sign-in-limits.js';

export class SignIn {
  constructor(
    readonly credentials: { email: string; password: string },
    /** Where the request comes from. */
    readonly address: string,
  ) {}
}

/**
 * Attempts for one account go one after another, and at most two of all run at once: so a failure is counted before
 * the next guess is looked at, and sending guesses side by side buys none beyond the limit of an account, and at most
 * one beyond that of a network.
 */
@CommandHandler(SignIn)
export class SignInHandler implements ICommandHandler<SignIn> {
  private readonly turns = new Turns();
  private readonly lane = new Lane(2, 200);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly passwords: Passwords,
    private readonly limits: SignInLimits,
    private readonly tokens: AccessTokens,
  ) {}

  /** The access token. */
  async execute({ credentials, address }: SignIn): Promise<string> {
    const email = sameEmail(credentials.email);
    const network = networkOf(address);
    await this.limits.countAttempt(network);
    const attempt = () => this.attempt(email, credentials.password, network);
    return this.turns.take(email, () => this.lane.run(attempt));
  }

  private async attempt(email: string, password: string, network: string): Promise<string> {
    await this.limits.mustHaveFailuresLeft(email, network);
    const account = await this.unitOfWork.reader.findOne(Account, { email });
    if (!(await this.passwords.match(password, account?.passwordHash)) || !account) {
      await this.limits.failed(email, network);
      throw wrongCredentials();
    }
    await this.limits.succeeded(email, network);
    return this.tokens.issue(account, { now: Date.now(), id: uuidv7() });
  }
}
