import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { asError, DatabaseAway } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import { runInContext } from '../telemetry/context.js';
import { moveDue } from './delayed.js';
import { contextOf, type Dispatch, HandlerFailed, Unacceptable, UnknownType } from './dispatch.js';
import { Outage } from './outage.js';
import {
  ATTEMPTS,
  bury,
  CRASHES,
  claimParked,
  forgetTries,
  giveBack,
  killed,
  LANES,
  type Lane,
  type Parked,
  postpone,
  reasonOf,
  unpark,
} from './parked.js';
import { pass, points } from './points.js';
import { Unheard } from './unheard.js';

/** How often rows are looked at whose time may have come. In milliseconds. */
const POLL = 500;
/** Tries at which the connection broke are put down to the database being away, up to this one. */
const BREAKS = 4;
/** Dead letters that have become known are brought back so many at a time. */
const PORTION = 1_000;

/**
 * Brings back the messages that wait in a module's schema. A delayed one whose time has come is parked; a parked one
 *
 *   due, first of its key ──claim, count the try──▶ claimed ──handle, delete the row, commit──▶ gone
 *                                                   │├─ failed ──▶ a longer wait
 *                                                   │├─ failed too often, or can never be accepted ──▶ dead letter
 *                                                   │└─ the process ended ──▶ due again when the claim has run out,
 *                                                   │                         a dead letter after five such ends
 *
 * The row is deleted in the transaction of the effect, so that it happens once. Those that only stood behind another one
 * of their key are taken many at a time; when that fails, each alone. When not all of them are still there, somebody else
 * has claimed the first of them since, and none is taken.
 */
export class WaitingRoom {
  private readonly log: Logger;
  /** Of what there is to look at, for all lanes together. */
  private readonly outage: Outage;
  private readonly stopping = new AbortController();
  private readonly resting = new Set<() => void>();
  private running: Promise<void> = Promise.resolve();
  /** Messages whose try came to an end without the database hearing of it. */
  private readonly unheard = new Unheard();
  /** Those whose try is under way. */
  private readonly underWay = new Set<string>();

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatch: Dispatch,
  ) {
    this.log = new Logger(`${module}.waiting-room`);
    this.outage = new Outage('Waiting messages are looked at again.', this.log);
  }

  start(): void {
    const lanes = LANES.map((lane) => this.run(lane));
    this.running = Promise.all(lanes).then(() => undefined);
  }

  wake(): void {
    for (const rouse of this.resting) rouse();
  }

  /** Finishes the messages under way. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Says of what is under way still that its try ends in order: the process is not going to wait for it. */
  async end(): Promise<void> {
    const ended = [...this.unheard.all, ...this.underWay];
    if (ended.length > 0) await this.unitOfWork.transaction(async (tx) => forgetTries(tx, ended));
  }

  private async run(lane: Lane): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const isMore = await this.takeNext(lane);
        this.outage.isOver();
        if (isMore) continue;
      } catch (error) {
        this.outage.lasts(`Waiting messages could not be looked at: ${(error as Error).message}`);
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
    if (this.unheard.all.length === 0) return;
    await this.unheard.tell((ended) => this.unitOfWork.transaction(async (tx) => forgetTries(tx, ended)));
  }

  private async takeNext(lane: Lane): Promise<boolean> {
    const [due] = await this.unitOfWork.query<{ parked: boolean; delayed: boolean; known: boolean }>(
      `select exists (select 1 from parked where due_at <= now()) as parked,
              exists (select 1 from delayed where due_at <= now()) as delayed,
              exists (select 1 from dead_letter where unknown_type and type = any ($1)) as known`,
      [this.dispatch.types],
    );
    await this.tellOfEnds();
    const isFresh = lane === 'fresh';
    if (isFresh && due?.known === true) await this.takeWhatIsKnownNow();
    const moved = isFresh && due?.delayed === true && (await this.unitOfWork.transaction(moveDue)) > 0;
    if (!moved && due?.parked !== true) return false;
    const run = await this.unitOfWork.transaction((tx) => claimParked(tx, lane));
    const [first] = run;
    if (!first) return moved;
    pass(points.parkedClaimed, this.module);
    for (const id of idsOf(run)) this.underWay.add(id);
    try {
      await this.attempt(run, first);
    } finally {
      for (const id of idsOf(run)) this.underWay.delete(id);
    }
    return true;
  }

  /** One transaction for what was claimed; a failure is written down in a second one. */
  private async attempt(run: readonly Parked[], first: Parked): Promise<void> {
    try {
      if (first.tries > CRASHES) throw new Unacceptable(killed(CRASHES));
      await this.unitOfWork.transaction(async (tx) => {
        const ours = await unpark(tx, run);
        if (ours.length < run.length) throw new Overtaken();
        forgetTries(tx, idsOf(run));
        const messages = run.map(({ envelope }) => this.dispatch.accept(envelope));
        await this.dispatch.handle(messages, tx);
        pass(points.parkedHandled, this.module);
      });
    } catch (thrown) {
      if (thrown instanceof Overtaken) return this.failedTogether(run);
      const error = asError(thrown instanceof HandlerFailed ? thrown.cause : thrown);
      // One at which the connection breaks every time breaks it itself.
      const isAway = error instanceof DatabaseAway && (run.length > 1 || first.attempts < BREAKS);
      if (isAway || error instanceof ModuleFenced) {
        this.unheard.note(idsOf(run));
        throw error;
      }
      await runInContext(contextOf(this.module, first.envelope), () =>
        run.length === 1 ? this.failedAgain(first, error) : this.failedTogether(run),
      );
    }
  }

  private async failedTogether(run: readonly Parked[]): Promise<void> {
    await this.unitOfWork.transaction(async (tx) => giveBack(tx, run));
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
    let rouse = () => {};
    const woken = new Promise<void>((resolve) => {
      rouse = resolve;
    });
    this.resting.add(rouse);
    await Promise.race([woken, sleep(POLL, undefined, { signal: this.stopping.signal }).catch(() => undefined)]);
    this.resting.delete(rouse);
  }
}

/** Somebody else has the first of them by now. */
class Overtaken extends Error {}

function idsOf(run: readonly Parked[]): string[] {
  return run.map(({ event_id }) => event_id);
}
