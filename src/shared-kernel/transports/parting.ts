import { setTimeout as sleep } from 'node:timers/promises';

/** Of the three seconds that an app has to end; half of them its modules may have taken. In milliseconds. */
const PATIENCE = 1_000;

/**
 * What an app has to settle with its broker before it goes, which a broker that is frozen must not hold up: it is waited
 * for so long, all waits together, and then left. What it was not told comes again.
 */
export class Parting {
  private left = PATIENCE;

  /** Resolves when the work is done, has failed, or the broker has been waited for long enough. */
  async waitFor(work: Promise<unknown> | undefined): Promise<void> {
    const began = performance.now();
    const settled = new AbortController();
    const late = sleep(this.left, undefined, { signal: settled.signal });
    await Promise.race([work, late]).catch(() => undefined);
    settled.abort();
    await late.catch(() => undefined);
    this.left = Math.max(0, this.left - (performance.now() - began));
  }
}
