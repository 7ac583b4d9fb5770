import { setTimeout as pause } from 'node:timers/promises';

export interface Rate {
  readonly perSecond: number;
  /** All that was done, the warm-up included. */
  readonly total: number;
}

export interface Span {
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** `clients` callers at once, each calling again as soon as it was answered. Only the time after the warm-up counts. */
export async function asFastAsTheyCan(
  clients: number,
  { warmUpSeconds, seconds }: Span,
  call: (client: number) => Promise<unknown>,
): Promise<Rate> {
  const begin = performance.now() + warmUpSeconds * 1000;
  const end = begin + seconds * 1000;
  let total = 0;
  let counted = 0;
  const one = async (client: number) => {
    while (performance.now() < end) {
      await call(client);
      total++;
      const now = performance.now();
      if (now >= begin && now < end) counted++;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return { perSecond: counted / seconds, total };
}

/**
 * Calls at a steady rate, whether or not those before were answered: a slow answer must not slow down the asking, or
 * the delay would hide itself (Tene, "How NOT to Measure Latency", on coordinated omission).
 * @returns how often it called; all calls have been answered by then
 */
export async function atASteadyRate(perSecond: number, seconds: number, call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  const all = Math.round(perSecond * seconds);
  const pending = new Set<Promise<unknown>>();
  let failure: unknown;
  for (let called = 0; called < all; await pause(1)) {
    if (failure !== undefined) throw failure;
    const due = Math.min(all, Math.floor(((performance.now() - begin) / 1000) * perSecond));
    for (; called < due; called++) {
      const answer: Promise<unknown> = call()
        .catch((error) => (failure ??= error))
        .finally(() => pending.delete(answer));
      pending.add(answer);
    }
  }
  await Promise.all(pending);
  if (failure !== undefined) throw failure;
  return all;
}

/** Resolves when as many have been counted as were wanted; rejects when nothing more was counted for too long. */
export class Countdown {
  private counted = 0;
  private lastAt = Date.now();
  private readonly whenDone = Promise.withResolvers<void>();
  private doneAt = 0;

  constructor(
    private wanted: number,
    private readonly patienceSeconds = 60,
  ) {}

  get count(): number {
    return this.counted;
  }

  /** Something happened `times` more. */
  add(times = 1): void {
    this.counted += times;
    this.lastAt = Date.now();
    if (this.counted >= this.wanted) this.finish();
  }

  /** Says afterwards how many are wanted. */
  want(wanted: number): void {
    this.wanted = wanted;
    if (this.counted >= wanted) this.finish();
  }

  /** The moment of `performance.now()` at which the last one was counted. */
  async done(): Promise<number> {
    const watch = setInterval(() => {
      if (Date.now() - this.lastAt < this.patienceSeconds * 1000) return;
      const late = `${this.counted} of ${this.wanted} came, and no more within ${this.patienceSeconds} s.`;
      this.whenDone.reject(new Error(late));
    }, 1000);
    try {
      await this.whenDone.promise;
      return this.doneAt;
    } finally {
      clearInterval(watch);
    }
  }

  private finish(): void {
    if (this.doneAt === 0) this.doneAt = performance.now();
    this.whenDone.resolve();
  }
}
