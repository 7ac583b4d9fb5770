import type { Logger } from '@nestjs/common';

/** Who waits says so once, and then so often. In milliseconds. */
const TELL_EVERY = 60_000;

/** Tells that a subscriber does not take what is sent to it, and that it does again; for all partitions together. */
export class Outage {
  private toldAt = Number.NEGATIVE_INFINITY;
  private isTold = false;

  constructor(
    private readonly subscriber: string,
    private readonly log: Pick<Logger, 'log' | 'warn'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  notTaken(messages: number, why: string): void {
    if (this.now() - this.toldAt < TELL_EVERY) return;
    this.toldAt = this.now();
    this.isTold = true;
    this.log.warn(`${this.subscriber} has not taken ${messages} message(s), which wait and are sent again: ${why}`);
  }

  taken(): void {
    if (!this.isTold) return;
    this.isTold = false;
    this.log.log(`${this.subscriber} takes messages again.`);
  }
}
