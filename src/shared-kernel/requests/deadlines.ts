/** Something that is over at a certain time. */
export interface Dated {
  /** By `performance.now()`. */
  readonly ends: number;
  /** It is over, and no longer awaited here. */
  late(): void;
}

/**
 * One timer for all that is awaited, set for the first of them: one each would cost as much as all the rest of a call.
 * Most are gone long before it rings; then it finds out when to ring next.
 */
export class Deadlines {
  private readonly awaited = new Set<Dated>();
  private timer: NodeJS.Timeout | undefined;
  private rings = Number.POSITIVE_INFINITY;

  add(each: Dated): void {
    this.awaited.add(each);
    if (each.ends < this.rings) this.set(each.ends);
  }

  delete(each: Dated): void {
    this.awaited.delete(each);
  }

  private set(rings: number): void {
    clearTimeout(this.timer);
    this.rings = rings;
    this.timer = setTimeout(() => this.ring(), Math.max(Math.ceil(rings - performance.now()), 1)).unref();
  }

  private ring(): void {
    this.rings = Number.POSITIVE_INFINITY;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const each of this.awaited) {
      if (each.ends > now) next = Math.min(next, each.ends);
      else {
        this.awaited.delete(each);
        each.late();
      }
    }
    // Whoever was told may have added another meanwhile.
    if (next < this.rings) this.set(next);
  }
}
