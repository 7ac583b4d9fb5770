import { AsyncLocalStorage } from 'node:async_hooks';
import { IsolationLevel, type MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { MessageType, Payload } from '../contract/message.js';
import { appendToOutbox, type Outgoing, toOutgoing } from '../messaging/outbox.js';
import { DatabaseAway, isSerializationFailure } from './failures.js';
import { passFence } from './fence.js';
import { rows } from './rows.js';

/** How often a transaction that lost a deadlock or serialization race begins anew before the caller hears of it. */
const ATTEMPTS = 4;

/**
 * One database transaction of one module: its entities and its messages, committed together or not at all.
 * It ends when the function that received it ends; using it later is an error, not a silent no-op.
 */
export class Transaction {
  #ended = false;
  readonly #em: SqlEntityManager;

  constructor(
    readonly module: string,
    em: SqlEntityManager,
    private readonly outgoing: Outgoing[] = [],
  ) {
    this.#em = em;
  }

  get em(): SqlEntityManager {
    this.mustBeOpen('read or write');
    return this.#em;
  }

  /** States a fact of this module. Written to the outbox after the entities, in the same transaction. */
  publish<Type extends MessageType>(event: Type & { kind: 'event' }, payload: Payload<Type>, sequence?: number): void {
    this.mustBeOpen(`publish ${event.name}`);
    if (event.owner !== this.module) {
      throw new Error(`${this.module} cannot publish ${event.name}: only ${event.owner} owns that event.`);
    }
    this.outgoing.push(toOutgoing(event, payload, sequence));
  }

  /** Instructs the module that owns the command; its answer comes back as an event. */
  send<Type extends MessageType>(command: Type & { kind: 'command' }, payload: Payload<Type>): void {
    this.mustBeOpen(`send ${command.name}`);
    this.outgoing.push(toOutgoing(command, payload));
  }

  /** Appends a message that was validated before, as a saga's persisted compensation. */
  enqueue(message: Outgoing): void {
    this.mustBeOpen(`send ${message.type}`);
    this.outgoing.push(message);
  }

  /** One SQL statement with `$1` placeholders, after the entities' changes so far. */
  async query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    await this.em.flush();
    return rows<Row>(this.em, text, values);
  }

  /** The same transaction with an identity map of its own, so that one message's entities never grow stale for the next. */
  nested(): Transaction {
    return new Transaction(this.module, this.em.fork({ clear: true, keepTransactionContext: true }), this.outgoing);
  }

  /** Entities first, messages second: a key's rows are locked by then, so ids of one key come in the order of its lock. */
  async complete(): Promise<boolean> {
    await this.em.flush();
    // From here on it takes no message any more: one that came while the others are written would be lost.
    this.end();
    await appendToOutbox(this.#em, this.outgoing);
    return this.outgoing.length > 0;
  }

  end(): void {
    this.#ended = true;
  }

  get ended(): boolean {
    return this.#ended;
  }

  private mustBeOpen(what: string): void {
    if (!this.#ended) return;
    throw new Error(
      `Cannot ${what}: the transaction of ${this.module} has ended. Await all work inside transaction(…), and open a new one for work that comes later.`,
    );
  }
}

const ambient = new AsyncLocalStorage<Transaction>();

/**
 * The door to a module's database. Every write goes through `transaction`: fence, work, entities, outbox, commit.
 * A use case called inside another one's transaction of the same module joins it.
 */
export class UnitOfWork {
  constructor(
    readonly module: string,
    private readonly orm: MikroORM,
    private readonly onPublished: () => void,
  ) {}

  /** A fresh entity manager for reading; it holds no transaction and sees committed state only. */
  get reader(): SqlEntityManager {
    return this.orm.em.fork() as SqlEntityManager;
  }

  /** One read-only statement with `$1` placeholders, or as part of the ambient transaction when there is one. */
  query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const joined = this.joined();
    return joined ? joined.query<Row>(text, values) : rows<Row>(this.reader, text, values);
  }

  /**
   * Runs `work` in a transaction, or in the ambient one of this module. Whatever `work` throws rolls all back and
   * reaches the caller; losing a deadlock runs it again, so `work` must have no effect outside the transaction.
   * @throws ModuleFenced while the module is being moved.
   */
  async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const joined = this.joined();
    if (joined) return work(joined);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(work);
      } catch (error) {
        if (attempt >= ATTEMPTS || !isSerializationFailure(error)) throw error;
      }
    }
  }

  /** A transaction of its own, not begun anew after a deadlock: for work that would rather be cut smaller. */
  async once<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    const em = this.reader;
    // Inbox, lease and fence are built on READ COMMITTED; a database may have another default.
    await em.begin({ isolationLevel: IsolationLevel.READ_COMMITTED }).catch((error) => {
      throw new DatabaseAway(this.module, error);
    });
    const tx = new Transaction(this.module, em);
    try {
      await passFence(em, this.module);
      const result = await ambient.run(tx, () => work(tx));
      const published = await tx.complete();
      await em.commit();
      if (published) this.onPublished();
      return result;
    } catch (error) {
      tx.end();
      // Whether the connection still answers tells a failure of the work from one of the database.
      throw (await rolledBack(em)) ? error : new DatabaseAway(this.module, error);
    }
  }

  /** Runs `work` as part of `tx`, so that use cases called by it join that transaction. */
  within<Result>(tx: Transaction, work: () => Promise<Result>): Promise<Result> {
    return ambient.run(tx, work);
  }

  private joined(): Transaction | undefined {
    const tx = ambient.getStore();
    return tx && !tx.ended && tx.module === this.module ? tx : undefined;
  }
}

async function rolledBack(em: SqlEntityManager): Promise<boolean> {
  try {
    await em.rollback();
    return true;
  } catch {
    return false;
  }
}
