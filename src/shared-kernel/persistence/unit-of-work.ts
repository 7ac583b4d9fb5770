import { AsyncLocalStorage } from 'node:async_hooks';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import type { MessageType, Payload } from '../contract/message.js';
import { appendToOutbox, appendWith, type Outgoing, type Told, toBoth, toOutgoing } from '../messaging/outbox.js';
import { pass, points } from '../messaging/points.js';
import type { Database } from './database.js';
import { asError, DatabaseAway, errorCode, isSerializationFailure } from './failures.js';
import { CHECK_PLACEMENT, isFenced, ModuleFenced } from './fence.js';
import { mustBeOrdinary } from './ordinary-statement.js';
import { entityManagerOn } from './orm-transaction.js';
import { Session } from './session.js';
import { always, type Statement, type StatementResult } from './statement-batch.js';

/** How often a transaction that lost a deadlock or serialization race begins anew before the caller hears of it. */
const ATTEMPTS = 4;

/** Inbox, lease and fence are built on READ COMMITTED; a database may have another default. */
const BEGIN = always({ text: 'begin isolation level read committed' });
const BEGIN_READING = always({ text: 'begin isolation level read committed, read only' });
const COMMIT = always({ text: 'commit' });
const ROLLBACK = always({ text: 'rollback' });
/** SQLSTATE: a write in a transaction that only reads. */
const READ_ONLY = '25006';
const STILL_HERE = always({ text: 'select 1' });

/** Says facts and instructions of a module, as part of what it is doing. */
export interface Messenger {
  /** States a fact of this module. Written to the outbox after the entities, in the same transaction. */
  publish<Type extends MessageType>(event: Type & { kind: 'event' }, payload: Payload<Type>, sequence?: number): void;
  /**
   * States one fact in two versions, as long as somebody reads the older one:
   * `publishBoth([OrderPlaced, payload], [OrderPlacedV1, before])`. Who can read both takes it once.
   */
  publishBoth<Newer extends MessageType, Older extends MessageType>(
    newer: Told<Newer>,
    older: Told<Older>,
    sequence?: number,
  ): void;
  /** Instructs the module that owns the command; its answer comes back as an event. */
  send<Type extends MessageType>(command: Type & { kind: 'command' }, payload: Payload<Type>): void;
}

/** What the parts of one transaction share. */
interface Shared {
  readonly session: Session;
  readonly fork: () => SqlEntityManager;
  readonly outgoing: Outgoing[];
}

/**
 * One database transaction of one module: its entities and its messages, committed together or not at all.
 * It ends when the function that received it ends; using it later is an error, not a silent no-op.
 */
export class Transaction implements Messenger {
  #ended = false;
  #givenUp = false;
  #em: SqlEntityManager | undefined;

  constructor(
    readonly module: string,
    private readonly shared: Shared,
    private readonly outer?: Transaction,
    private readonly explain?: (error: Error) => Error,
  ) {}

  /** Made when it is first asked for: what needs no entities pays for none. */
  get em(): SqlEntityManager {
    this.mustBeOpen('read or write');
    this.#em ??= entityManagerOn(this.shared.fork(), async (statement) => {
      this.mustBeOpen('read or write');
      const [result] = await this.shared.session.run([statement]);
      return result;
    });
    return this.#em;
  }

  publish<Type extends MessageType>(event: Type & { kind: 'event' }, payload: Payload<Type>, sequence?: number): void {
    this.mustBeOpen(`publish ${event.name}`);
    this.shared.outgoing.push(outgoingEvent(this.module, event, payload, sequence));
  }

  publishBoth<Newer extends MessageType, Older extends MessageType>(
    newer: Told<Newer>,
    older: Told<Older>,
    sequence?: number,
  ): void {
    const [event] = newer;
    this.mustBeOpen(`publish ${event.name}`);
    mustBeOwn(this.module, event);
    this.shared.outgoing.push(...toBoth(this.module, newer, older, sequence));
  }

  send<Type extends MessageType>(command: Type & { kind: 'command' }, payload: Payload<Type>): void {
    this.mustBeOpen(`send ${command.name}`);
    this.shared.outgoing.push(toOutgoing(this.module, command, payload));
  }

  /** Appends a message that was validated before, as a saga's persisted compensation. */
  enqueue(message: Outgoing): void {
    this.mustBeOpen(`send ${message.type}`);
    this.shared.outgoing.push(message);
  }

  /** One SQL statement with `$1` placeholders, after the entities' changes so far. */
  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    this.mustBeOpen('read or write');
    mustBeOrdinary(text);
    await this.#em?.flush();
    const [result] = await this.shared.session.run([{ text, values }]);
    return (result?.rows ?? []) as Row[];
  }

  /**
   * One statement that nobody waits for. It runs after all that came before it, and what comes after sees what it did;
   * it only travels later, together with others. When it fails, so does the transaction.
   * Entities that were changed are written when a query asks for the database, or at the end: `await tx.em.flush()`
   * first where the order matters.
   */
  execute(text: string, values: unknown[] = []): void {
    this.mustBeOpen('read or write');
    mustBeOrdinary(text);
    this.shared.session.defer({ text, values }, this.explain);
  }

  /**
   * The same transaction with an identity map of its own, so that one message's entities never grow stale for the next.
   * @param explain makes the error of a statement that nobody waited for say whose it was
   */
  nested(explain?: (error: Error) => Error): Transaction {
    return new Transaction(this.module, this.shared, this, explain);
  }

  /** Writes what the entities of this part have become. */
  async flush(): Promise<void> {
    await this.#em?.flush();
  }

  /** Says something to the server, which ends a transaction that is silent for too long. */
  stayAwake(): void {
    const { session } = this.shared;
    if (!this.ended && !session.isBusy) session.run([STILL_HERE]).catch(() => undefined);
  }

  /** @throws when a statement has failed and the error was swallowed: nothing that follows can succeed. */
  mustBeSound(): void {
    const { session } = this.shared;
    if (session.failure) throw session.failure;
    if (session.isAborted) throw new Error(swallowed(this.module));
  }

  /** Entities first, messages second: a key's rows are locked by then, so ids of one key come in the order of its lock. */
  async complete(): Promise<readonly Outgoing[]> {
    await this.flush();
    // From here on it takes no message any more: one that came while the others are written would be lost.
    this.end();
    pass(points.beforeCommit, this.module);
    const { session, outgoing } = this.shared;
    this.mustBeSound();
    const results = await session.end([...appendToOutbox(outgoing), COMMIT]);
    // A statement whose failure nobody has heard of yet: the server answers COMMIT with ROLLBACK, and without an error.
    if (results.at(-1)?.command !== 'COMMIT') throw new Error(swallowed(this.module));
    return outgoing;
  }

  end(): void {
    this.#ended = true;
  }

  /** It has ended, and what it did is undone: nothing that still runs as part of it may have an effect by itself. */
  giveUp(): void {
    this.#ended = true;
    this.#givenUp = true;
  }

  get ended(): boolean {
    return this.#ended || this.outer?.ended === true;
  }

  get isGivenUp(): boolean {
    return this.#givenUp || this.outer?.isGivenUp === true;
  }

  private mustBeOpen(what: string): void {
    if (!this.ended) return;
    throw new Error(
      `Cannot ${what}: the transaction of ${this.module} has ended. Await all work inside transaction(…), and open a new one for work that comes later.`,
    );
  }
}

function outgoingEvent<Type extends MessageType>(
  module: string,
  event: Type,
  payload: Payload<Type>,
  sequence?: number,
): Outgoing {
  mustBeOwn(module, event);
  return toOutgoing(module, event, payload, { sequence });
}

function mustBeOwn(module: string, { name, owner }: MessageType): void {
  if (owner !== module) throw new Error(`${module} cannot publish ${name}: only ${owner} owns that event.`);
}

/** @throws when the lean path could not tell whether a row was touched. */
function mustReturn(text: string): void {
  if (/\b(?:returning|select)\b/i.test(text)) return;
  throw new Error(`single(…) takes one statement with RETURNING, by which it knows that a row was touched: ${text}`);
}

function swallowed(module: string): string {
  return `The transaction of ${module} was rolled back: one of its statements had failed, and the error was swallowed.`;
}

/** Runs `work` again when it was undone because it lost a race, or was prepared before a migration. */
async function anew<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt >= ATTEMPTS || !isSerializationFailure(error)) throw error;
    }
  }
}

const ambient = new AsyncLocalStorage<Transaction>();

/**
 * The door to a module's database. Every write goes through it: fence, work, entities, outbox, commit.
 * A use case called inside another one's transaction of the same module joins it.
 */
export class UnitOfWork {
  constructor(
    readonly module: string,
    private readonly database: Database,
    private readonly onPublished: (messages: readonly Outgoing[]) => void,
  ) {}

  /** A fresh entity manager for reading; it holds no transaction and sees committed state only. */
  get reader(): SqlEntityManager {
    return entityManagerOn(this.database.fork(), (statement) => this.read(statement));
  }

  /** One read-only statement with `$1` placeholders, or as part of the ambient transaction when there is one. */
  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const joined = this.joined();
    if (joined) return joined.query<Row>(text, values);
    mustBeOrdinary(text);
    const result = await this.read({ text, values });
    return (result?.rows ?? []) as Row[];
  }

  /**
   * Runs `work` in a transaction, or in the ambient one of this module. Whatever `work` throws rolls all back and
   * reaches the caller; losing a deadlock runs it again, so `work` must have no effect outside the transaction.
   * @throws ModuleFenced while the module is being moved.
   */
  async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const joined = this.joined();
    return joined ? work(joined) : anew(() => this.once(work));
  }

  /**
   * The lean path: one INSERT, UPDATE or DELETE with RETURNING, and messages that go out if it touched any row, in one
   * round trip and one statement behind the fence. The messages take their ids after the rows' locks.
   *
   * @returns what the statement returned
   * @throws ModuleFenced while the module is being moved.
   */
  async single<Row>(text: string, values: unknown[], say: (messenger: Messenger) => void): Promise<Row[]> {
    const outgoing: Outgoing[] = [];
    say({
      publish: (event, payload, sequence) => outgoing.push(outgoingEvent(this.module, event, payload, sequence)),
      publishBoth: (newer, older, sequence) => {
        mustBeOwn(this.module, newer[0]);
        outgoing.push(...toBoth(this.module, newer, older, sequence));
      },
      send: (command, payload) => outgoing.push(toOutgoing(this.module, command, payload)),
    });
    const joined = this.joined();
    if (joined) {
      mustReturn(text);
      const rows = await joined.query<Row>(text, values);
      if (rows.length > 0) for (const message of outgoing) joined.enqueue(message);
      return rows;
    }
    const statement = appendWith({ text, values }, outgoing);
    const [result] = await anew(() => this.onConnection((session) => session.run([statement]))).catch((error) => {
      mustReturn(text);
      throw error;
    });
    pass(points.committed, this.module, outgoing.length);
    if (outgoing.length > 0) this.onPublished(outgoing);
    return (result?.rows ?? []) as Row[];
  }

  /**
   * A transaction of its own, not begun anew after a deadlock: for work that would rather be cut smaller.
   * @param first statements that travel with its beginning; `work` gets their results
   */
  async once<Result>(
    work: (tx: Transaction, results: readonly StatementResult[]) => Promise<Result>,
    first: readonly Statement[] = [],
  ): Promise<Result> {
    const session = new Session(await this.connect());
    let tx: Transaction | undefined;
    try {
      const [, , ...results] = await session.run([BEGIN, CHECK_PLACEMENT, ...first]);
      const running = new Transaction(this.module, { session, fork: this.database.fork, outgoing: [] });
      tx = running;
      const result = await ambient.run(running, () => work(running, results));
      const published = await running.complete();
      session.release();
      pass(points.committed, this.module, published.length);
      if (published.length > 0) this.onPublished(published);
      return result;
    } catch (error) {
      tx?.giveUp();
      // Whether the connection still answers tells a failure of the work from one of the database.
      const answers = await this.rollBack(session);
      const cause = session.failure ?? error;
      throw answers || session.wasSilent ? this.explained(cause) : new DatabaseAway(this.module, cause);
    }
  }

  /** READ ONLY by word: a write would pass by the fence. */
  private async read(statement: Statement): Promise<StatementResult | undefined> {
    try {
      const [, result] = await anew(() =>
        this.onConnection((session) => session.run([BEGIN_READING, statement, COMMIT]), ROLLBACK),
      );
      return result;
    } catch (error) {
      if (errorCode(error) !== READ_ONLY) throw error;
      // Without the cause, by which it would count as a server that takes no writes just now.
      throw new Error(
        `${asError(error).message}: ${this.module} writes inside unitOfWork.transaction(…), behind its fence.`,
      );
    }
  }

  /** Runs `work` as part of `tx`, so that use cases called by it join that transaction. */
  within<Result>(tx: Transaction, work: () => Result): Result {
    return ambient.run(tx, work);
  }

  /** @throws for work that outlives a transaction which was rolled back: an effect of its own would be half a story. */
  private joined(): Transaction | undefined {
    const tx = ambient.getStore();
    if (tx?.module !== this.module) return undefined;
    if (tx.isGivenUp)
      throw new Error(
        `This work belongs to a transaction of ${this.module} that has ended and was rolled back, so it has no effect either. Await all work inside transaction(…).`,
      );
    return tx.ended ? undefined : tx;
  }

  private async connect(): Promise<pg.PoolClient> {
    return this.database.pool.connect().catch((error) => {
      throw new DatabaseAway(this.module, error);
    });
  }

  /** @param after sent when it has failed, to see whether the connection still answers */
  private async onConnection<Result>(work: (session: Session) => Promise<Result>, after = STILL_HERE): Promise<Result> {
    const session = new Session(await this.connect());
    try {
      const result = await work(session);
      session.release();
      return result;
    } catch (error) {
      throw (await this.rollBack(session, after)) ? this.explained(error) : new DatabaseAway(this.module, error);
    }
  }

  private explained(error: unknown): unknown {
    return isFenced(error) ? new ModuleFenced(this.module) : error;
  }

  /** Whether the connection answered; what still runs on it, because nobody waits for it any more, is cut short. */
  private async rollBack(session: Session, last = ROLLBACK): Promise<boolean> {
    session.abandon();
    try {
      if (session.isBusy) await this.cancel(session);
      await session.rollBack(last);
      session.release();
      return true;
    } catch {
      session.release(true);
      return false;
    }
  }

  /** On a connection beside the pool, whose last place may be taken by just what is to be cut. */
  private async cancel({ pid }: Session): Promise<void> {
    const client = new pg.Client(this.database.pool.options as pg.ClientConfig);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select pg_cancel_backend($1)', [pid]);
    } finally {
      await client.end();
    }
  }
}
