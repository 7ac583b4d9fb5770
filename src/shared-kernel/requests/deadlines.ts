/** Something that is over at a certain time. */
export interface Dated {
  /** By `performance.now()`. */
  readonly ends: number;
  /** Its neighbours among those that are awaited, which are the business of {@link Deadlines}. */
  before: Dated | undefined;
  after: Dated | undefined;
  /** It is over, and no longer awaited here. */
  late(): void;
}

/**
 * One timer for all that is awaited, set for the first of them: one each would cost as much as all the rest of a call.
 * Most are gone long before it rings; then it finds out when to ring next.
 *
 * They stand in a list through themselves, in the order in which they came. A set would do, but the tables that it
 * outgrows keep what was in them, and lead the garbage collector from one to the next: a third of all time, measured.
 */
export class Deadlines {
  private first: Dated | undefined;
  private last: Dated | undefined;
  private timer: NodeJS.Timeout | undefined;
  private rings = Number.POSITIVE_INFINITY;

  add(each: Dated): void {
    each.before = this.last;
    if (this.last) this.last.after = each;
    else this.first = each;
    this.last = each;
    if (each.ends < this.rings) this.set(each.ends);
  }

  /** Nothing happens to one that is not awaited. */
  delete(each: Dated): void {
    if (!this.isAwaited(each)) return;
    const { before, after } = each;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
    each.before = undefined;
    each.after = undefined;
  }

  private isAwaited(each: Dated): boolean {
    return each.before !== undefined || each === this.first;
  }

  private set(rings: number): void {
    clearTimeout(this.timer);
    this.rings = rings;
    this.timer = setTimeout(() => this.ring(), Math.max(Math.ceil(rings - performance.now()), 1)).unref();
  }

  private ring(): void {
    this.rings = Number.POSITIVE_INFINITY;
    const now = performance.now();
    const late: Dated[] = [];
    let next = Number.POSITIVE_INFINITY;
    for (let each = this.first; each; each = each.after) {
      if (each.ends > now) next = Math.min(next, each.ends);
      else late.push(each);
    }
    for (const each of late) {
      // One that was told before it may have done away with it.
      if (!this.isAwaited(each)) continue;
      this.delete(each);
      each.late();
    }
    // Whoever was told may have added another meanwhile.
    if (next < this.rings) this.set(next);
  }
}
