import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { asError, DatabaseAway } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { runInContext } from '../telemetry/context.js';
import { moveDue } from './delayed.js';
import { contextOf, type Dispatch, HandlerFailed, Unacceptable, UnknownType } from './dispatch.js';
import {
  ATTEMPTS,
  bury,
  CRASHES,
  claimParked,
  forgetTries,
  giveBack,
  killed,
  type Parked,
  postpone,
  reasonOf,
  unpark,
} from './parked.js';
import { pass, points } from './points.js';

/** How often rows are looked at whose time may have come. In milliseconds. */
const POLL = 500;
/** Dead letters that have become known are brought back so many at a time. */
const PORTION = 1_000;

/**
 * Brings back the messages that wait in a module's schema. A delayed one whose time has come is parked; a parked one
 *
 *   due, first of its key ──claim, count the try──▶ claimed ──handle, delete the row, commit──▶ gone
 *                                                   │├─ failed ──▶ a longer wait
 *                                                   │├─ failed too often, or can never be accepted ──▶ dead letter
 *                                                   │└─ the process ended ──▶ due again when the claim has run out,
 *                                                   │                         a dead letter after the third time
 *
 * The row is deleted in the transaction of the effect, so that it happens once. Those that only stood behind another one
 * of their key are taken many at a time; when that fails, each alone.
 */
export class WaitingRoom {
  private readonly log: Logger;
  private readonly stopping = new AbortController();
  private rouse: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  /** Messages whose try came to an end without the database hearing of it. */
  private endedUnheard: string[] = [];

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatch: Dispatch,
  ) {
    this.log = new Logger(`${module}.waiting-room`);
  }

  start(): void {
    this.running = this.run();
  }

  wake(): void {
    this.rouse?.();
  }

  /** Finishes the message under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (await this.takeNext()) continue;
      } catch (error) {
        this.log.warn(`Waiting messages could not be looked at: ${(error as Error).message}`);
      }
      await this.pause();
    }
  }

  /** Dead letters of a type that nobody handled then, and that this version of the program does handle. */
  private async takeWhatIsKnownNow(): Promise<void> {
    await this.unitOfWork.transaction((tx) =>
      tx.query(
        `with known as (
           delete from dead_letter where id = any (array(
             select id from dead_letter where unknown_type and type = any ($1)
              order by id limit ${PORTION} for update skip locked))
           returning *)
         insert into parked (seq, source, key, event_id, type, envelope, attempts, due_at)
         select seq, source, key, event_id, type, envelope, 0, now() from known`,
        [this.dispatch.types],
      ),
    );
  }

  private async tellOfEnds(): Promise<void> {
    const ended = this.endedUnheard;
    if (ended.length === 0) return;
    await this.unitOfWork.transaction(async (tx) => forgetTries(tx, ended));
    this.endedUnheard = [];
  }

  private async takeNext(): Promise<boolean> {
    const [due] = await this.unitOfWork.query<{ parked: boolean; delayed: boolean; known: boolean }>(
      `select exists (select 1 from parked where due_at <= now()) as parked,
              exists (select 1 from delayed where due_at <= now()) as delayed,
              exists (select 1 from dead_letter where unknown_type and type = any ($1)) as known`,
      [this.dispatch.types],
    );
    await this.tellOfEnds();
    if (due?.known === true) await this.takeWhatIsKnownNow();
    const moved = due?.delayed === true && (await this.unitOfWork.transaction(moveDue)) > 0;
    if (!moved && due?.parked !== true) return false;
    const run = await this.unitOfWork.transaction(claimParked);
    const [first] = run;
    if (!first) return moved;
    pass(points.parkedClaimed, this.module);
    await this.attempt(run, first);
    return true;
  }

  /** One transaction for what was claimed; a failure is written down in a second one. */
  private async attempt(run: readonly Parked[], first: Parked): Promise<void> {
    try {
      if (first.tries > CRASHES) throw new Unacceptable(killed(CRASHES));
      await this.unitOfWork.transaction(async (tx) => {
        const ours = await unpark(tx, run);
        forgetTries(tx, idsOf(run));
        const messages = ours.map(({ envelope }) => this.dispatch.accept(envelope));
        await this.dispatch.handle(messages, tx);
        pass(points.parkedHandled, this.module);
      });
    } catch (thrown) {
      const error = asError(thrown instanceof HandlerFailed ? thrown.cause : thrown);
      if (error instanceof DatabaseAway || error instanceof ModuleFenced) {
        this.endedUnheard.push(...idsOf(run));
        throw error;
      }
      await runInContext(contextOf(this.module, first.envelope), () =>
        run.length === 1 ? this.failedAgain(first, error) : this.failedTogether(run),
      );
    }
  }

  private async failedTogether(run: readonly Parked[]): Promise<void> {
    await this.unitOfWork.transaction(async (tx) => {
      forgetTries(tx, idsOf(run));
      giveBack(tx, run);
    });
  }

  private async failedAgain(parked: Parked, error: Error): Promise<void> {
    const isOver = error instanceof Unacceptable || parked.attempts >= ATTEMPTS;
    const { envelope, seq } = parked;
    const attempts = Math.min(parked.attempts, ATTEMPTS);
    const buried = await this.unitOfWork.transaction(async (tx) => {
      forgetTries(tx, [parked.event_id]);
      if (!isOver) {
        postpone(tx, parked, error);
        return false;
      }
      if ((await unpark(tx, [parked])).length === 0) return false;
      const holdsKey = this.dispatch.holdsKey(envelope.type);
      bury(tx, envelope, { seq, attempts, error, holdsKey, unknownType: error instanceof UnknownType });
      return true;
    });
    if (buried) this.log.error(`${envelope.type} ${envelope.id} is a dead letter: ${reasonOf(error)}`);
  }

  private async pause(): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.rouse = resolve;
    });
    await Promise.race([woken, sleep(POLL, undefined, { signal: this.stopping.signal }).catch(() => undefined)]);
    this.rouse = undefined;
  }
}

function idsOf(run: readonly Parked[]): string[] {
  return run.map(({ event_id }) => event_id);
}
