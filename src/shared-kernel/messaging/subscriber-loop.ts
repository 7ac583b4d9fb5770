import { setTimeout as sleep } from 'node:timers/promises';
import type { Acknowledgement, Transport } from '../transports/transport.js';
import { fullJitter } from './backoff.js';
import { type Cursor, type Page, Superseded } from './cursor.js';
import type { Outage } from './outage.js';
import { OutboxBatch } from './outbox-batch.js';
import type { OutboxRow } from './page.js';
import { pass, points } from './points.js';
import type { Replays } from './replays.js';
import type { Position } from './window.js';

/**
 * While messages flow, a window is opened no sooner after the last one than so many times what sending that took, so that
 * batches grow with the load …
 */
const REST = 2;
/** … but they need not grow beyond what comes within this. In milliseconds. */
const LONGEST_REST = 8;
/** A batch without an acknowledgement is sent again after this. In milliseconds. */
const ACKNOWLEDGEMENT_DEADLINE = 60_000;
/** While messages flow, the cursor is kept so often: what was taken since is sent again after a crash. In milliseconds. */
const KEEP_EVERY = 100;
/** A cursor that only passed by what its subscriber does not want is kept in memory this long. In milliseconds. */
const IDLE_KEEP = 30_000;
/** How long a paused subscriber is left alone before it is asked again. In milliseconds. */
const PAUSED = 1_000;

/**
 * Carries one partition of keys to one subscriber.
 *
 *   wait ──wake──▶ read page ──none──▶ wait
 *                  │ rows (the next page is read ahead)
 *                  ▼
 *                 send ──taken──▶ move the cursor ──▶ read page
 *                  │├─ expected n ──▶ closed: the receiver was put back; begin again with a new epoch
 *                  │├─ paused ──▶ a second later, send again
 *                  │├─ no answer ──▶ backoff ──▶ send again
 *                  │└─ stale ──▶ closed: another relay leads
 *
 * Only the acknowledgement moves the cursor. One batch is under way at a time, so memory holds two pages at most and a
 * slow subscriber is its own back-pressure.
 */
export class SubscriberLoop {
  private number = 1;
  private awake = true;
  private rouse: (() => void) | undefined;
  private watchers: { passes: number; resolve: () => void }[] = [];
  /** What was sent last was not taken, or somebody has waited in vain since. */
  private away = false;
  private keptAt = 0;
  private openedAt = 0;
  /** From the opening of the last window to the acknowledgement of its last batch so far. In milliseconds. */
  private took = 0;
  private readonly closing = new AbortController();
  private position: Position | undefined;

  constructor(
    private readonly source: string,
    private readonly cursor: Cursor,
    private readonly wanted: ReadonlySet<string>,
    private readonly epoch: number,
    private readonly transport: Transport,
    private readonly replays: Replays,
    private readonly outage: Outage,
  ) {}

  get partition(): number {
    return this.cursor.partition;
  }

  get subscriber(): string {
    return this.cursor.subscriber;
  }

  /** Whether its subscriber does not take what is sent: nobody waits for it until it does. */
  get isAway(): boolean {
    return this.away;
  }

  wants(type: string, partition: number): boolean {
    return partition === this.cursor.partition && this.wanted.has(type);
  }

  wake(): void {
    this.awake = true;
    this.rouse?.();
  }

  /** Wakes only where there may be something to send. */
  wakeIfBehind(): void {
    if (this.position === undefined || this.cursor.mayHaveMore(this.position)) this.wake();
  }

  /** Resolves once a window that was opened after this call has been taken to its end, the subscriber is away, or it is late. */
  caughtUp(late: AbortSignal): Promise<void> {
    if (this.away || (this.rouse && !this.awake)) return Promise.resolve();
    return new Promise((resolve) => {
      // The pass under way may have read before the caller's commit: only the one after it counts.
      const watcher = { passes: this.rouse ? 1 : 2, resolve };
      this.watchers.push(watcher);
      late.addEventListener('abort', () => this.watchers.includes(watcher) && this.holdUpNobody(), { once: true });
      this.wake();
    });
  }

  /** Finishes the batch under way, keeps the cursor, and ends. */
  close(): void {
    this.closing.abort();
    this.wake();
  }

  private get isClosed(): boolean {
    return this.closing.signal.aborted;
  }

  async run(): Promise<void> {
    let position = await this.cursor.restore();
    let kept = position;
    let unkept = false;
    let ahead: Promise<Page> | undefined;
    while (!this.isClosed) {
      this.position = position;
      const page = await (ahead ?? this.readFrom(position));
      ahead = undefined;
      if (page.replays) {
        await this.replays.send(this.cursor, position, (rows, generation) => this.deliver(rows, generation));
        continue;
      }
      const { rows, next } = page;
      unkept ||= rows.length > 0;
      if (rows.length > 0) {
        if (next.s2 !== null) {
          ahead = this.cursor.read(next);
          ahead.catch(() => undefined);
        }
        if (!(await this.deliver(rows, 0))) break;
        this.took = performance.now() - this.openedAt;
      }
      position = next;
      if (this.isTimeToKeep(unkept, next)) {
        await this.keep(position);
        kept = position;
        unkept = false;
      }
      if (position.s2 === null) await this.rest(position);
    }
    if (kept !== position) await this.keep(position);
  }

  private async readFrom(position: Position): Promise<Page> {
    if (position.s2 === null) {
      const early = this.openedAt + Math.min(LONGEST_REST, REST * this.took) - performance.now();
      if (early > 0) await this.pause(early);
      // What is committed from here on has its own wake-up.
      this.awake = false;
    }
    const page = await this.cursor.read(position);
    if (position.s2 === null && page.rows.length > 0) this.openedAt = performance.now();
    pass(points.pageRead, this.source, page.rows.length);
    return page;
  }

  /** @param sent since it was kept last */
  private isTimeToKeep(sent: boolean, next: Position): boolean {
    const since = performance.now() - this.keptAt;
    const comesToRest = next.s2 === null && !this.awake;
    return sent ? comesToRest || since > KEEP_EVERY : since > IDLE_KEEP;
  }

  private async keep(position: Position): Promise<void> {
    await this.cursor.keep(position);
    this.keptAt = performance.now();
    pass(points.positionKept, this.source);
  }

  /** Sends until it is taken; false when this loop is closed. */
  private async deliver(rows: readonly OutboxRow[], generation: number): Promise<boolean> {
    for (let failures = 0; !this.isClosed; ) {
      try {
        const answer = await this.send(rows, generation);
        if (answer.kind === 'stale') throw new Superseded();
        if (answer.kind === 'expected') throw new OutOfStep(answer.number, this.number);
        if (answer.kind === 'paused') {
          this.holdUpNobody();
          await this.pause(PAUSED);
        } else {
          this.number++;
          this.away = false;
          this.outage.isOver();
          pass(points.acknowledged, this.source, rows.length);
          return true;
        }
      } catch (error) {
        if (error instanceof Superseded || error instanceof OutOfStep) throw error;
        failures++;
        this.holdUpNobody();
        this.outage.lasts(
          `${this.subscriber} has not taken ${rows.length} message(s), which wait and are sent again: ${(error as Error).message}`,
        );
        await this.pause(fullJitter(failures, 100, 5_000));
      }
    }
    return false;
  }

  private async send(rows: readonly OutboxRow[], generation: number): Promise<Acknowledgement> {
    const { source, epoch, number } = this;
    const { subscriber, partition } = this.cursor;
    let late: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      late = setTimeout(
        () => reject(new Error(`no acknowledgement within ${ACKNOWLEDGEMENT_DEADLINE} ms`)),
        ACKNOWLEDGEMENT_DEADLINE,
      );
    });
    try {
      const batch = new OutboxBatch(source, subscriber, partition, epoch, number, generation, rows);
      return await Promise.race([this.transport.send(batch), deadline]);
    } finally {
      clearTimeout(late);
    }
  }

  private holdUpNobody(): void {
    this.away = true;
    for (const { resolve } of this.watchers) resolve();
    this.watchers = [];
  }

  /** Between windows. Whoever waits for what was committed before now has been served if this was the pass it meant. */
  private async rest(position: Position): Promise<void> {
    this.position = position;
    for (const watcher of this.watchers) watcher.passes--;
    for (const watcher of this.watchers.filter((w) => w.passes <= 0)) watcher.resolve();
    this.watchers = this.watchers.filter((w) => w.passes > 0);
    if (this.watchers.length > 0) this.awake = true;
    if (this.awake || this.isClosed) return;
    await new Promise<void>((resolve) => {
      this.rouse = resolve;
    });
    this.rouse = undefined;
  }

  private pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.closing.signal }).catch(() => undefined);
  }
}

/**
 * The receiver does not know the numbers before this one, as after a restore. None is used again for other messages, or a
 * late copy of an old batch could pass for a new one: a new epoch counts from 1.
 */
class OutOfStep extends Error {
  constructor(expected: number, sent: number) {
    super(`the receiver expects number ${expected} and was sent ${sent}; beginning a new epoch.`);
  }
}
