import type pg from 'pg';
import { errorCode, wasSilent } from './failures.js';
import {
  type Prepared,
  prepare,
  type Statement,
  StatementBatch,
  StatementFailed,
  type StatementResult,
} from './statement-batch.js';

const IN_FAILED_TRANSACTION = '25P02';

/** A statement that nobody waits for, and what its failure means to those who hear of it later. */
interface Deferred extends Prepared {
  readonly explain: ((error: Error) => Error) | undefined;
}

/**
 * One connection during one transaction. Statements go out in the order they came; those that nobody waits for are
 * collected and travel with the next one that somebody does.
 */
export class Session {
  private deferred: Deferred[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private running = 0;
  private isOver = false;
  private isAbandoned = false;
  private lost: Error | undefined;
  /** A statement has failed, and the server refuses all others until the transaction or its savepoint is rolled back. */
  isAborted = false;
  /** Why the server refuses all others. */
  private aborted: Error | undefined;
  /** Of the first statement that nobody waited for and that failed: whatever is thrown after it only follows from it. */
  failure: Error | undefined;

  constructor(private readonly client: pg.PoolClient) {
    client.on('error', this.noteLoss);
  }

  /** The server process behind the connection. */
  get pid(): number {
    return (this.client as pg.PoolClient & { processID: number }).processID;
  }

  /** A statement is under way. */
  get isBusy(): boolean {
    return this.running > 0;
  }

  /** The connection is gone because its own side was silent, not because the database went away. */
  get wasSilent(): boolean {
    return wasSilent(this.lost);
  }

  /** @throws when a value cannot be sent. */
  defer(statement: Statement, explain?: (error: Error) => Error): void {
    this.deferred.push({ ...prepare(statement), explain });
  }

  /** Sends what was deferred and these, in one round trip, and answers the results of these. */
  async run(statements: readonly (Statement | Prepared)[]): Promise<StatementResult[]> {
    if (this.isOver) throw new Error('The transaction has ended: await all work inside it.');
    return this.queue(statements);
  }

  /** The last statements of the transaction: none is taken after them. */
  async end(statements: readonly (Statement | Prepared)[]): Promise<StatementResult[]> {
    this.isOver = true;
    return this.queue(statements);
  }

  /** Takes nothing more, and sends nothing of what still waits. */
  abandon(): void {
    this.isOver = true;
    this.isAbandoned = true;
    this.deferred = [];
  }

  /** After {@link abandon}: undoes all, on a connection that then serves others. */
  rollBack(statement: Statement | Prepared): Promise<StatementResult[]> {
    return this.inTurn(() => this.send([], [prepare(statement)]));
  }

  /** Gives the connection back to its pool, or closes it. */
  release(close = false): void {
    this.client.off('error', this.noteLoss);
    this.client.release(close);
  }

  private readonly noteLoss = (error: Error): void => {
    this.lost ??= error;
  };

  private queue(statements: readonly (Statement | Prepared)[]): Promise<StatementResult[]> {
    // Before anything is taken from what was deferred: what cannot be sent must not take that along.
    const these = statements.map(prepare);
    const before = this.deferred;
    this.deferred = [];
    return this.inTurn(() => {
      if (this.isAbandoned) throw new Error('The transaction was given up before this statement was sent.');
      return this.send(before, these);
    });
  }

  private inTurn(work: () => Promise<StatementResult[]>): Promise<StatementResult[]> {
    this.running++;
    const result = this.last.then(work).finally(() => this.running--);
    this.last = result.catch(() => undefined);
    return result;
  }

  private async send(before: readonly Deferred[], statements: readonly Prepared[]): Promise<StatementResult[]> {
    if (this.lost) throw this.explained(this.lost);
    try {
      const results = await this.submit([...before, ...statements]);
      this.isAborted = false;
      this.aborted = undefined;
      return results.slice(before.length);
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      this.isAborted = true;
      if (wasSilent(error.cause)) {
        this.noteLoss(error.cause);
        throw this.explained(error.cause);
      }
      const deferred = before[error.at];
      if (!deferred) throw this.firstOf(error.cause);
      this.failure ??= deferred.explain?.(error.cause) ?? error.cause;
      throw this.failure;
    }
  }

  /** What a refused statement is told is only that it is refused: the failure that was swallowed says why. */
  private firstOf(error: Error): Error {
    if (errorCode(error) !== IN_FAILED_TRANSACTION || !this.aborted) {
      this.aborted ??= error;
      return error;
    }
    return new Error(
      `An earlier statement of the transaction had failed, and its error was swallowed: ${this.aborted.message}`,
      {
        cause: this.aborted,
      },
    );
  }

  private explained(lost: Error): Error {
    if (!this.wasSilent) return lost;
    return new Error(
      'The transaction said nothing to the database for so long that the server ended it: do slow work before it begins, and leave the event loop free.',
      { cause: lost },
    );
  }

  private submit(statements: readonly Prepared[]): Promise<StatementResult[]> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, results: StatementResult[]) => (error ? reject(error) : resolve(results));
      this.client.query(new StatementBatch(this.client, statements, done) as unknown as pg.Submittable);
    });
  }
}
