import { Logger } from '@nestjs/common';

/** A stranger may come again without end, and must not fill the log. In milliseconds. */
const TELL_EVERY = 60_000;
/** Different reasons that are remembered. */
const MOST_REASONS = 100;

/** Tells of callers that were refused, and of one reason once a minute. */
export class Refusals {
  private readonly log: Logger;
  private readonly told = new Map<string, number>();

  constructor(app: string) {
    this.log = new Logger(`${app}.wire`);
  }

  /** @param why a sentence without its full stop */
  tell(from: string | undefined, why: string): void {
    const now = performance.now();
    if (now - (this.told.get(why) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY) return;
    if (this.told.size >= MOST_REASONS) this.told.clear();
    this.told.set(why, now);
    this.log.warn(`A caller from ${from ?? 'somewhere'} was refused: ${why}.`);
  }
}
