/** What a call earns towards a retry, and the most that may be saved up. */
const EARNED = 0.1;
const SAVED = 10;

/**
 * Retries are at most a tenth of all calls, after the first few: an app that is down must not get more calls than one that
 * is up. Source: "Site Reliability Engineering", chapter 22 (Addressing Cascading Failures), "Deciding whether to retry".
 */
export class RetryBudget {
  private saved = SAVED;

  earn(): void {
    this.saved = Math.min(SAVED, this.saved + EARNED);
  }

  /** Answers whether there may be one more retry, and takes it from the budget. */
  take(): boolean {
    if (this.saved < 1) return false;
    this.saved -= 1;
    return true;
  }
}
