import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { UnitOfWork } from '../persistence/unit-of-work.js';

/** The first round comes after so long, when what waited during a long stop has been taken; then every so often. In milliseconds. */
const FIRST_AFTER = 10 * 60_000;
const EVERY = 60 * 60_000;

/** How long sent messages are kept for a replay, taken ids for recognising what comes twice, and answers for repeated requests. */
const HISTORY = '7 days';
const MEMORY = '9 days';
const ANSWERS = '2 days';
/** Idempotency keys are deleted in portions, so that no statement runs long. */
const PORTION = 5_000;

/** Keeps a module's tables bounded: turns the rings of outbox and inbox, and forgets old idempotency keys. */
export class Housekeeping {
  private readonly log: Logger;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.log = new Logger(`${unitOfWork.module}.housekeeping`);
  }

  start(): void {
    this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One round. Several processes may do it at once: who finds another one at it leaves it to that one. */
  async round(): Promise<void> {
    while (!this.stopping.signal.aborted && (await this.recycle('recycle_outbox', HISTORY)) > 0);
    while (!this.stopping.signal.aborted && (await this.recycle('recycle_inbox', MEMORY)) > 0);
    while (!this.stopping.signal.aborted && (await this.forgetAnswers()) === PORTION);
  }

  /** One slot at a time: its lock is held until the transaction ends. */
  private async recycle(ring: 'recycle_outbox' | 'recycle_inbox', age: string): Promise<number> {
    const [emptied] = await this.unitOfWork.transaction((tx) =>
      tx.query<{ slots: number }>(`select ${ring}($1::interval) as slots`, [age]),
    );
    return emptied?.slots ?? 0;
  }

  private async run(): Promise<void> {
    for (let wait = FIRST_AFTER; ; wait = EVERY) {
      await sleep(wait, undefined, { signal: this.stopping.signal, ref: false }).catch(() => undefined);
      if (this.stopping.signal.aborted) return;
      await this.round().catch((error: Error) => {
        this.log.warn(`Old messages were not cleared away, and will be next time: ${error.message}`);
      });
    }
  }

  private async forgetAnswers(): Promise<number> {
    const forgotten = await this.unitOfWork.transaction((tx) =>
      tx.query(
        `delete from idempotency_key where ctid = any (array(
           select ctid from idempotency_key where created_at < now() - $1::interval limit ${PORTION})) returning 1`,
        [ANSWERS],
      ),
    );
    return forgotten.length;
  }
}
