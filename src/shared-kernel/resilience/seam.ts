import { Logger } from '@nestjs/common';
import {
  bulkhead,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  ExponentialBackoff,
  type FailureReason,
  handleWhen,
  type IPolicy,
  retry,
  wrap,
} from 'cockatiel';
import { fullJitter } from '../messaging/backoff.js';
import { Outage } from '../messaging/outage.js';
import { asError } from '../persistence/failures.js';
import { RetryBudget } from './retry-budget.js';

/** Calls to one app that may be under way at once: an app that is slow must not hold all of this one's memory. */
const MOST_AT_ONCE = 512;
/** So many failures with no success between them, and it is left alone for a while … */
const FAILURES = 10;
/** … at first about so long, then longer and longer. Then one call goes to see. In milliseconds. */
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 5_000;
/** A call of which nothing was sent is made again, after a short while with full jitter. In milliseconds. */
const RETRIES = 2;
const RETRY_BASE = 20;
const RETRY_CAP = 100;

/** What tells one failure from another. */
export interface Failures {
  /** It speaks against the app as a whole. */
  readonly isOutage: (error: unknown) => boolean;
  /** Nothing has come of it, so that it may be done again. */
  readonly isHarmless: (error: unknown) => boolean;
}

/**
 * The seam between this app and another one: a bulkhead, retries within a budget, and a breaker, around every call.
 * Source: Michael Nygard, "Release It!", chapter 5 (Bulkheads, Circuit Breaker, Fail Fast).
 */
export class Seam {
  private readonly policy: IPolicy;
  private readonly budget = new RetryBudget();

  constructor(app: string, { isOutage, isHarmless }: Failures) {
    const outage = new Outage(`${app} answers again.`, new Logger('requests'));
    const breaker = circuitBreaker(handleWhen(isOutage), {
      breaker: new ConsecutiveBreaker(FAILURES),
      halfOpenAfter: new ExponentialBackoff({ initialDelay: FIRST_PAUSE, maxDelay: LONGEST_PAUSE }),
    });
    breaker.onStateChange((state) => {
      if (state === CircuitState.Open)
        outage.lasts(`${app} is left alone for a while: ${lastFailureOf(breaker.lastFailure)}`);
      if (state === CircuitState.Closed) outage.isOver();
    });
    const again = retry(
      handleWhen((error) => isHarmless(error) && this.budget.take()),
      {
        maxAttempts: RETRIES,
        backoff: new DelegateBackoff(({ attempt }) => fullJitter(attempt, RETRY_BASE, RETRY_CAP)),
      },
    );
    this.policy = wrap(bulkhead(MOST_AT_ONCE), again, breaker);
  }

  /** @throws BrokenCircuitError, BulkheadRejectedError (of cockatiel); whatever `call` throws. */
  execute<Result>(call: () => Promise<Result>): Promise<Result> {
    this.budget.earn();
    return this.policy.execute(call);
  }
}

function lastFailureOf(failure: FailureReason<unknown> | undefined): string {
  return failure && 'error' in failure ? asError(failure.error).message : 'it failed.';
}
