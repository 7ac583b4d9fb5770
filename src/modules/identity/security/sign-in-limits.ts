import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';
import { tooMany } from './too-many.js';

const QUARTER_OF_AN_HOUR = 15 * 60;
const MINUTE = 60;
const REMEMBERED_NETWORKS = 10_000;

/**
 * How often sign-in may fail, counted in memory, by the e-mail address and by the network that asks (`networkOf`).
 *
 * Who may not lock out whom: failures for an account are counted apart for each network from which somebody has
 * signed in to it before, and for all other networks together. So a stranger who guesses in any number of places gets
 * ten guesses in a quarter of an hour, and while theirs are used up, the owner still gets in from where they usually
 * are. The price: an owner at a new place waits with the strangers, and after a restart every place is new.
 *
 * An address without an account is counted as if it had one, or the 429 would tell who has. A success forgives the
 * failures it was counted with, never those of the network: an attacker could forgive their own by signing in.
 */
@Injectable()
export class SignInLimits {
  private readonly ofAccount = new RateLimiterMemory({ points: 10, duration: QUARTER_OF_AN_HOUR });
  private readonly ofNetwork = new RateLimiterMemory({ points: 100, duration: QUARTER_OF_AN_HOUR });
  /** Successful ones too: each costs a hash. */
  private readonly attempts = new RateLimiterMemory({ points: 600, duration: MINUTE });
  private readonly familiar = new Set<string>();

  /** @throws DomainError `too-many` for a network that tries too often, whatever comes of it. */
  async countAttempt(network: string): Promise<void> {
    const count = await this.attempts.penalty(network);
    if (count.consumedPoints > this.attempts.points) throw tooMany('sign-ins', count);
  }

  /** @throws DomainError `too-many` where the account or the network has no failure left. */
  async mustHaveFailuresLeft(email: string, network: string): Promise<void> {
    refuseWhenUsedUp(this.ofAccount, await this.ofAccount.get(this.counterOf(email, network)));
    refuseWhenUsedUp(this.ofNetwork, await this.ofNetwork.get(network));
  }

  async failed(email: string, network: string): Promise<void> {
    await this.ofAccount.penalty(this.counterOf(email, network));
    await this.ofNetwork.penalty(network);
  }

  async succeeded(email: string, network: string): Promise<void> {
    await this.ofAccount.delete(this.counterOf(email, network));
    this.remember(placeOf(email, network));
  }

  private counterOf(email: string, network: string): string {
    const place = placeOf(email, network);
    return this.familiar.has(place) ? place : email;
  }

  /** The place that was not seen for the longest makes room. */
  private remember(place: string): void {
    this.familiar.delete(place);
    this.familiar.add(place);
    if (this.familiar.size <= REMEMBERED_NETWORKS) return;
    const [oldest] = this.familiar;
    if (oldest !== undefined) this.familiar.delete(oldest);
  }
}

/** No e-mail address holds a blank, so no place is another one's counter. */
function placeOf(email: string, network: string): string {
  return `${email} ${network}`;
}

function refuseWhenUsedUp({ points }: RateLimiterMemory, count: RateLimiterRes | null): void {
  if (count && count.consumedPoints >= points) throw tooMany('sign-ins', count);
}
