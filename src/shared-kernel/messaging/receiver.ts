import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Envelope } from '../contract/envelope.js';
import { asError, DatabaseAway, errorCode, isSerializationFailure, wasSilent } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import type { Statement, StatementResult } from '../persistence/statement-batch.js';
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { runInContext } from '../telemetry/context.js';
import type { Acknowledgement, Batch } from '../transports/transport.js';
import { contextOf, type Dispatch, HandlerFailed, Unacceptable, UnknownType } from './dispatch.js';
import { beginningAt, FORGOTTEN, freshOf, noteInInbox, timeInside } from './inbox.js';
import { type SoundBatch, soundly, withoutContents } from './intake.js';
import { bury, CRASHES, forgetTries, killed, park, parkBehind, reasonOf } from './parked.js';
import { pass, points } from './points.js';
import { Unheard } from './unheard.js';

/** The last numbers of a partition stay; older ones are removed this often. */
const FORGET_EVERY = 100;
/** A batch at which the connection breaks so often, while others do not, breaks it itself. */
const BREAKS = 3;

/**
 * Takes batches for one module: the same code whatever brought them. In one transaction:
 *
 *   lock the lease ─▶ is it the next batch? ──older──▶ acknowledge again
 *         │                    │└─ gap ──▶ ask again        (older epoch: stale; module paused: paused)
 *         ▼                    ▼ next
 *   note the new ids in the inbox ─▶ handle them in order ─▶ move the lease ─▶ commit ─▶ acknowledge
 *                                        │ one throws, hangs past its deadline, or breaks at the database
 *                                        ▼
 *             roll back; take those before it, park it, take those after it; where nobody knows which one it was,
 *             take the halves by themselves. Later messages of its key are parked behind it, while all others flow
 *
 * A message that can never be accepted (unknown type, broken contract) becomes a dead letter at once. When the database
 * is away, the module is fenced, or anything fails before the first handler, nobody is at fault: nothing is acknowledged
 * and the batch comes again.
 *
 * A lease also says which process holds it and whether that has ended in order. Who takes over from one that has not
 * counts a try of each message before it takes a batch, until one that holds nothing the other had taken. A message whose
 * try is counted already was under way at another such end: it is taken alone, and after five tries without an end in
 * order it is a dead letter. All receivers of a process take what is to be taken alone one at a time, or the one that
 * kills would have others counted with it. A batch that breaks its connection over and over is at fault like one that throws.
 *
 * A batch that comes once more while it is being taken gets the answer of the first time.
 */
export class Receiver {
  private readonly log: Logger;
  /** Leases that this process has made its own, each under the epoch it did so in. */
  private readonly held = new Map<string, number>();
  /** Leases of a process that has not ended in order, until what it may have had under way is taken. */
  private readonly suspect = new Map<string, number>();
  private readonly holder = randomUUID();
  /** Messages whose counted try came to an end without the database hearing of it. */
  private readonly unheard = new Unheard();
  /** Those that are under way now with their try counted. */
  private readonly counted = new Set<string>();
  private readonly underWay = new Map<string, { readonly name: string; readonly answer: Promise<Acknowledgement> }>();
  /** How often in a row the connection broke while a batch was taken. */
  private readonly breaks = new Map<string, { readonly name: string; times: number }>();
  private isPaused = false;

  constructor(
    private readonly module: string,
    private readonly unitOfWork: UnitOfWork,
    private readonly dispatch: Dispatch,
    private readonly onParked: () => void,
  ) {
    this.log = new Logger(`${module}.receiver`);
  }

  /** @throws when the batch could not be taken now; the sender keeps it and sends it again. */
  receive(batch: Batch): Promise<Acknowledgement> {
    const lease = leaseOf(batch);
    const name = nameOf(batch);
    const before = this.underWay.get(lease);
    if (before?.name === name) return before.answer;
    const answer = this.receiveOnce(soundly(batch)).finally(() => {
      if (this.underWay.get(lease)?.answer === answer) this.underWay.delete(lease);
    });
    this.underWay.set(lease, { name, answer });
    return answer;
  }

  private async receiveOnce(batch: SoundBatch): Promise<Acknowledgement> {
    const isAfterCrash = await this.takesOver(batch);
    // Before anything is written or counted, which a pause would undo, or leave standing, every time it is asked.
    if ((isAfterCrash || this.isPaused) && (await this.findsPause())) return { kind: 'paused' };
    const acknowledgement = isAfterCrash
      ? await this.takeAfterCrash(batch)
      : await this.take(batch, batch.messages, true);
    this.isPaused = acknowledgement.kind === 'paused';
    this.breaks.delete(leaseOf(batch));
    pass(points.taken, this.module, batch.messages.length);
    return acknowledgement;
  }

  private async findsPause(): Promise<boolean> {
    const pauses = await this.unitOfWork.query('select from pause where type is null and key is null limit 1');
    this.isPaused = pauses.length > 0;
    return this.isPaused;
  }

  /** Says that this process ends in order, so that nobody suspects the messages it had, whether they came to their end or not. */
  async end(): Promise<void> {
    const counted = [...this.unheard.all, ...this.counted];
    if (this.held.size === 0 && counted.length === 0) return;
    await this.unitOfWork.transaction(async (tx) => {
      forgetTries(tx, counted);
      tx.execute(`update lease set ended = true where holder = $1 and source || '/' || partition = any ($2)`, [
        this.holder,
        [...this.held.keys()],
      ]);
    });
  }

  /** Makes the lease this process's own; true when the holder before it has not ended in order. */
  private async takesOver(batch: Batch): Promise<boolean> {
    const { source, partition, epoch } = batch;
    const lease = leaseOf(batch);
    if (this.suspect.get(lease) === epoch) return true;
    if (this.held.get(lease) === epoch) return false;
    const [before] = await this.unitOfWork.transaction((tx) =>
      tx.query<{ suspect: boolean }>(
        `with before as (select holder, ended from lease where source = $1 and partition = $2)
         insert into lease (source, partition, holder, ended) values ($1, $2, $3, false)
         on conflict (source, partition) do update set holder = $3, ended = false
         returning coalesce((select not ended and holder <> $3 from before), false) as suspect`,
        [source, partition, this.holder],
      ),
    );
    const isSuspect = before?.suspect === true || this.suspect.has(lease);
    (isSuspect ? this.suspect : this.held).set(lease, epoch);
    if (isSuspect) this.held.delete(lease);
    return isSuspect;
  }

  private async takeAfterCrash(batch: SoundBatch): Promise<Acknowledgement> {
    const suspects = await this.countTries(batch.messages);
    if (suspects.size > 0)
      this.log.warn(
        `${suspects.size} message(s) of ${batch.source} were under way when processes ended: taking them one by one.`,
      );
    let known = 0;
    const onKnown = () => known++;
    let acknowledgement: Acknowledgement = { kind: 'taken' };
    const parts = partsOf(batch.messages, suspects);
    for (const [n, part] of parts.entries()) {
      const isLast = n === parts.length - 1;
      const [envelope] = part as [Envelope];
      acknowledgement = suspects.has(envelope.id)
        ? await alone(() => this.takeAlone(batch, envelope, isLast, onKnown))
        : await this.takeCounted(batch, part, isLast, onKnown);
      if (acknowledgement.kind !== 'taken') return acknowledgement;
    }
    // With messages in it that were taken before, it may not reach to the end of what was under way then.
    if (known === 0) {
      const lease = leaseOf(batch);
      this.held.set(lease, batch.epoch);
      this.suspect.delete(lease);
    }
    return acknowledgement;
  }

  private async takeAlone(
    batch: SoundBatch,
    envelope: Envelope,
    isLast: boolean,
    onKnown: () => void,
  ): Promise<Acknowledgement> {
    return (await this.hasKilled(envelope))
      ? this.setAside(batch, envelope, new Unacceptable(killed(CRASHES)), isLast)
      : this.takeCounted(batch, [envelope], isLast, onKnown);
  }

  private async takeCounted(
    batch: SoundBatch,
    messages: readonly Envelope[],
    isLast: boolean,
    onKnown: () => void,
  ): Promise<Acknowledgement> {
    const ids = messages.map(({ id }) => id);
    for (const id of ids) this.counted.add(id);
    try {
      const acknowledgement = await this.take(batch, messages, isLast, { onKnown });
      if (acknowledgement.kind !== 'taken') this.unheard.note(ids);
      return acknowledgement;
    } catch (error) {
      this.unheard.note(ids);
      throw error;
    } finally {
      for (const id of ids) this.counted.delete(id);
    }
  }

  /** Counts a first try of each message; answers those that had been counted before, and have not come to an end since. */
  private async countTries(messages: readonly Envelope[]): Promise<ReadonlySet<string>> {
    const counted = await this.counting((tx) =>
      tx.query<{ event_id: string }>(
        `insert into attempt (event_id, tries) select distinct e, 1 from unnest($1::uuid[]) e
         on conflict do nothing returning event_id`,
        [messages.map(({ id }) => id)],
      ),
    );
    const first = new Set(counted.map((row) => row.event_id));
    return new Set(messages.map(({ id }) => id).filter((id) => !first.has(id)));
  }

  /** Counts another try before it is made. */
  private async hasKilled({ id }: Envelope): Promise<boolean> {
    const [attempt] = await this.counting((tx) =>
      tx.query<{ tries: number }>(
        `insert into attempt (event_id, tries) values ($1, 1)
         on conflict (event_id) do update set tries = attempt.tries + 1 returning tries`,
        [id],
      ),
    );
    return (attempt?.tries ?? 0) > CRASHES;
  }

  /** A transaction that counts tries, and first tells of those that came to an end without the database hearing of it. */
  private counting<Row>(count: (tx: Transaction) => Promise<Row[]>): Promise<Row[]> {
    return this.unheard.tell((ended) =>
      this.unitOfWork.transaction((tx) => {
        if (ended.length > 0) forgetTries(tx, ended);
        return count(tx);
      }),
    );
  }

  /** @param counted their tries were counted; it hears of what had been taken before */
  private async take(
    batch: SoundBatch,
    messages: readonly Envelope[],
    last: boolean,
    counted?: Counted,
  ): Promise<Acknowledgement> {
    let hasBegun = false;
    try {
      await this.unitOfWork.once(
        async (tx, results) => {
          hasBegun = true;
          await this.takeAll(tx, results, batch, messages);
          if (counted) {
            forgetTries(
              tx,
              messages.map(({ id }) => id),
            );
            if ((results[INBOX]?.rows.length ?? 0) < messages.length) counted.onKnown();
          }
          if (last) moveLease(tx, batch);
          pass(points.handled, this.module, messages.length);
        },
        beginningOf(batch, messages),
      );
      return { kind: 'taken' };
    } catch (thrown) {
      if (thrown instanceof Refused) return thrown.acknowledgement;
      const error = asError(thrown);
      if (!hasBegun) throw error;
      if (error instanceof ModuleFenced) throw error;
      if (error instanceof DatabaseAway && !(await this.breaksConnections(batch))) throw error;
      if (messages.length === 1) return this.setAside(batch, messages[0] as Envelope, causeOf(error), last);
      // Whoever hears of a lost race or of a long silence need not be who caused it: fewer at a time, down to one.
      const isTold = isSerializationFailure(error) || wasSilent(error);
      const at = isTold ? -1 : messages.findIndex((each) => isAbout(error, each));
      return at < 0
        ? this.takeHalves(batch, messages, last, counted)
        : this.takeAround(batch, messages, at, causeOf(error), last, counted);
    }
  }

  /** Whether it is the batch that breaks the connection over and over, and not the database that is away. */
  private async breaksConnections(batch: Batch): Promise<boolean> {
    const name = nameOf(batch);
    const before = this.breaks.get(leaseOf(batch));
    const times = (before?.name === name ? before.times : 0) + 1;
    this.breaks.set(leaseOf(batch), { name, times });
    return (
      times >= BREAKS &&
      this.unitOfWork.query('select 1').then(
        () => true,
        () => false,
      )
    );
  }

  private async takeHalves(
    batch: SoundBatch,
    messages: readonly Envelope[],
    last: boolean,
    counted?: Counted,
  ): Promise<Acknowledgement> {
    const middle = messages.length >> 1;
    const first = await this.take(batch, messages.slice(0, middle), false, counted);
    return first.kind === 'taken' ? this.take(batch, messages.slice(middle), last, counted) : first;
  }

  private async takeAround(
    batch: SoundBatch,
    messages: readonly Envelope[],
    at: number,
    error: Error,
    last: boolean,
    counted?: Counted,
  ): Promise<Acknowledgement> {
    const before = messages.slice(0, at);
    const after = messages.slice(at + 1);
    if (before.length > 0) {
      const first = await this.take(batch, before, false, counted);
      if (first.kind !== 'taken') return first;
    }
    const aside = await this.setAside(batch, messages[at] as Envelope, error, last && after.length === 0);
    return aside.kind === 'taken' && after.length > 0 ? this.take(batch, after, last, counted) : aside;
  }

  private async takeAll(
    tx: Transaction,
    results: readonly StatementResult[],
    batch: SoundBatch,
    messages: readonly Envelope[],
  ): Promise<void> {
    const fresh = this.beginTaking(results, batch, messages);
    const { waiting, isPaused } = heldUp(results);
    const forgotten = forgottenBefore(results);
    const acceptable = [];
    for (const envelope of fresh) {
      const flaw = batch.flaws.get(envelope);
      if (!flaw && waiting.has(envelope.subject)) parkBehind(tx, envelope);
      else if (!flaw && isPaused(envelope)) {
        parkBehind(tx, envelope);
        waiting.add(envelope.subject);
      } else {
        const accepted = flaw ?? this.accept(envelope, batch, forgotten);
        if (!(accepted instanceof Unacceptable)) acceptable.push(accepted);
        else {
          this.refuse(tx, envelope, accepted);
          if (this.dispatch.holdsKey(envelope.type)) waiting.add(envelope.subject);
        }
      }
    }
    await this.dispatch.handle(acceptable, tx);
  }

  /** @throws Refused unless this is the batch whose turn it is. */
  private beginTaking(
    results: readonly StatementResult[],
    batch: Batch,
    messages: readonly Envelope[],
  ): readonly Envelope[] {
    mustBeNext(results, batch);
    const fresh = freshOf(messages, results[INBOX] as StatementResult);
    if (fresh.length < messages.length) pass(points.duplicates, this.module, messages.length - fresh.length);
    return fresh;
  }

  private accept(envelope: Envelope, { generation }: Batch, forgotten: Forgotten) {
    try {
      if (generation === 0 && envelope.id < forgotten.beginning)
        throw new Unacceptable(tooOld(envelope, forgotten.since));
      return this.dispatch.accept(envelope);
    } catch (error) {
      if (error instanceof Unacceptable) return error;
      throw error;
    }
  }

  private refuse(tx: Transaction, envelope: Envelope, error: Unacceptable): void {
    this.tell(envelope, 'is a dead letter', error);
    bury(tx, envelope, {
      attempts: 1,
      error,
      holdsKey: this.dispatch.holdsKey(envelope.type),
      unknownType: error instanceof UnknownType,
    });
  }

  private async setAside(batch: SoundBatch, envelope: Envelope, error: Error, last: boolean): Promise<Acknowledgement> {
    try {
      return await this.store(batch, envelope, error, last);
    } catch (thrown) {
      if (!(thrown instanceof RangeError) && !CANNOT_BE_STORED.test(errorCode(thrown) ?? '')) throw thrown;
      const lost = new Unacceptable(`Its contents could not be kept: ${asError(thrown).message}. ${reasonOf(error)}`);
      return this.store(batch, withoutContents(envelope), lost, last);
    } finally {
      this.onParked();
    }
  }

  private async store(batch: SoundBatch, envelope: Envelope, error: Error, last: boolean): Promise<Acknowledgement> {
    try {
      await this.unitOfWork.once(
        async (tx, results) => {
          const [fresh] = this.beginTaking(results, batch, [envelope]);
          if (fresh) {
            if (error instanceof Unacceptable) this.refuse(tx, fresh, error);
            else {
              this.tell(fresh, 'is parked', error);
              park(tx, fresh, error);
            }
          }
          forgetTries(tx, [envelope.id]);
          if (last) moveLease(tx, batch);
        },
        beginningOf(batch, [envelope]),
      );
      return { kind: 'taken' };
    } catch (thrown) {
      if (thrown instanceof Refused) return thrown.acknowledgement;
      throw thrown;
    }
  }

  private tell(envelope: Envelope, what: string, error: Error): void {
    runInContext(contextOf(this.module, envelope), () =>
      this.log.warn(`${envelope.type} ${envelope.id} ${what}: ${reasonOf(error)}`),
    );
  }
}

function leaseOf({ source, partition }: Batch): string {
  return `${source}/${partition}`;
}

function nameOf({ epoch, number }: Batch): string {
  return `${epoch}/${number}`;
}

interface Counted {
  readonly onKnown: () => void;
}

/** What is not suspected goes together, what is goes alone; in their order. */
function partsOf(messages: readonly Envelope[], suspects: ReadonlySet<string>): Envelope[][] {
  const parts: Envelope[][] = [];
  let open: Envelope[] | undefined;
  for (const envelope of messages) {
    if (suspects.has(envelope.id)) {
      parts.push([envelope]);
      open = undefined;
    } else if (open) open.push(envelope);
    else {
      open = [envelope];
      parts.push(open);
    }
  }
  return parts;
}

/** SQLSTATE classes 22 (data exception) and 54 (program limit exceeded): of what is stored, not of the server. */
const CANNOT_BE_STORED = /^(?:22|54)/;

let turn: Promise<unknown> = Promise.resolve();

/** Runs `work` while nothing else that is called here runs, in the whole process. */
function alone<Result>(work: () => Promise<Result>): Promise<Result> {
  const mine = turn.then(work);
  turn = mine.catch(() => undefined);
  return mine;
}

/** It is not this batch's turn; what its transaction has done so far is undone. */
class Refused extends Error {
  constructor(readonly acknowledgement: Acknowledgement) {
    super(acknowledgement.kind);
  }
}

const [, NUMBER, INBOX, MEMORY, WAITING, PAUSES] = [0, 1, 2, 3, 4, 5] as const;

/** What every receiving transaction begins with, in the order of its results: the lease first, so that all else waits for it. */
function beginningOf({ source, partition, generation }: Batch, messages: readonly Envelope[]): Statement[] {
  const keys = [...new Set(messages.map(({ subject }) => subject))];
  return [
    { text: 'select 1 from lease where source = $1 and partition = $2 for update', values: [source, partition] },
    {
      text: `select epoch, number from lease_move where source = $1 and partition = $2
              order by epoch desc, number desc limit 1`,
      values: [source, partition],
    },
    noteInInbox(messages, generation),
    FORGOTTEN,
    {
      text: `select key from parked where source = $1 and key = any ($2)
             union select key from dead_letter where source = $1 and key = any ($2) and holds_key`,
      values: [source, keys],
    },
    { text: 'select type, key from pause' },
  ];
}

function mustBeNext(results: readonly StatementResult[], batch: Batch): void {
  if (results[PAUSES]?.rows.some(({ type, key }) => type === null && key === null))
    throw new Refused({ kind: 'paused' });
  const taken = results[NUMBER]?.rows[0];
  const epoch = Number(taken?.epoch ?? 0);
  const number = batch.epoch > epoch ? 0 : Number(taken?.number ?? 0);
  if (batch.epoch < epoch) throw new Refused({ kind: 'stale' });
  if (batch.number <= number) throw new Refused({ kind: 'taken' });
  if (batch.number > number + 1) throw new Refused({ kind: 'expected', number: number + 1 });
}

/** Only ever inserted, and read from the top: see the migration. */
function moveLease(tx: Transaction, { source, partition, epoch, number }: Batch): void {
  tx.execute('insert into lease_move (source, partition, epoch, number) values ($1, $2, $3, $4)', [
    source,
    partition,
    epoch,
    number,
  ]);
  if (number % FORGET_EVERY === 0) {
    tx.execute(
      'delete from lease_move where source = $1 and partition = $2 and (epoch < $3 or epoch = $3 and number < $4)',
      [source, partition, epoch, number - 10],
    );
  }
}

/** Keys with a message that waits: later ones queue up behind it. And what a person has told to wait. */
function heldUp(results: readonly StatementResult[]) {
  const waiting = new Set(results[WAITING]?.rows.map(({ key }) => key as string));
  const pauses = results[PAUSES]?.rows ?? [];
  const isPaused = ({ type, subject }: Envelope) =>
    pauses.some((pause) => (pause.type ?? type) === type && (pause.key ?? subject) === subject);
  return { waiting, isPaused };
}

/** What the inbox remembers nothing from before. */
interface Forgotten {
  /** In milliseconds. */
  readonly since: number;
  /** No id that is remembered is below it. */
  readonly beginning: string;
}

function forgottenBefore(results: readonly StatementResult[]): Forgotten {
  const since = Number(results[MEMORY]?.rows[0]?.since);
  return { since, beginning: beginningAt(since) };
}

function isAbout(error: Error, envelope: Envelope): boolean {
  return error instanceof HandlerFailed && error.envelope.id === envelope.id;
}

function causeOf(error: Error): Error {
  return error instanceof HandlerFailed ? error.cause : error;
}

function tooOld({ id }: Envelope, forgotten: number): string {
  return `Its id was made at ${new Date(timeInside(id)).toISOString()}, and the inbox remembers nothing from before ${new Date(forgotten).toISOString()}: whether it has been taken before cannot be known. Retry it if it has not, else discard it.`;
}
