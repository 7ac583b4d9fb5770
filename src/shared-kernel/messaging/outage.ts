import type { Logger } from '@nestjs/common';

/** Who waits says so once, and then so often. In milliseconds. */
const TELL_EVERY = 60_000;

/** Tells that something lasts, however many notice it and however often, and that it is over. */
export class Outage {
  private toldAt = Number.NEGATIVE_INFINITY;
  private isTold = false;

  constructor(
    private readonly over: string,
    private readonly log: Pick<Logger, 'log' | 'warn'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  lasts(complaint: string): void {
    if (this.now() - this.toldAt < TELL_EVERY) return;
    this.toldAt = this.now();
    this.isTold = true;
    this.log.warn(complaint);
  }

  isOver(): void {
    if (!this.isTold) return;
    this.isTold = false;
    this.log.log(this.over);
  }
}
