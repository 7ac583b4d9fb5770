import { machineTime } from '../harness/clock.js';
import { Countdown } from '../harness/load.js';
import { checkEffects } from '../messaging/workload.js';
import type { Taken } from './workload.js';

/** What the receiving process has seen committed. */
export class Arrivals {
  private readonly countdown = new Countdown(Number.POSITIVE_INFINITY);
  private readonly taken: Record<string, number> = {};

  /** @param keepsMoments whether the moment of each is of interest, or that of the last one alone */
  constructor(private readonly keepsMoments: boolean) {}

  add(purchases: readonly string[]): void {
    if (this.keepsMoments) {
      const at = machineTime();
      for (const purchase of purchases) this.taken[purchase] = at;
    }
    this.countdown.add(purchases.length);
  }

  /** Waits for so many, and counts what they have left behind. */
  async all(messages: number, databaseUrl: string, table: string): Promise<Taken> {
    this.countdown.want(messages);
    const lastAt = await this.countdown.done();
    const doneAt = machineTime() - (performance.now() - lastAt);
    return { doneAt, taken: this.taken, checks: await checkEffects(databaseUrl, messages, table) };
  }
}
