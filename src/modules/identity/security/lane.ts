import { DomainError } from '#kernel/contract/domain-error';

/**
 * At most `width` works at once, the others wait in the order they came, at most `length` of them: more would wait
 * longer than their caller does. One hash takes 19 MiB, so this is what bounds the memory that a flood can claim.
 */
export class Lane {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly width: number,
    private readonly length: number,
  ) {}

  /** @throws DomainError `too-many` when the lane is full. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < this.width) {
      this.running++;
      return;
    }
    if (this.waiting.length >= this.length) {
      throw new DomainError('too-many', 'busy', 'Too many are at the door just now. Try again in a second.', {
        retryAfterSeconds: 1,
      });
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Hands the place over, so that nobody who comes in between can take it. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }
}
