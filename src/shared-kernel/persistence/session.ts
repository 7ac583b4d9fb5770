import type pg from 'pg';
import { type Statement, StatementBatch, StatementFailed, type StatementResult } from './statement-batch.js';

/** A statement that nobody waits for, and what its failure means to those who hear of it later. */
interface Deferred extends Statement {
  readonly explain?: (error: Error) => Error;
}

/**
 * One connection during one transaction. Statements go out in the order they came; those that nobody waits for are
 * collected and travel with the next one that somebody does.
 */
export class Session {
  private deferred: Deferred[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private running = 0;

  constructor(private readonly client: pg.PoolClient) {}

  /** The server process behind the connection. */
  get pid(): number {
    return (this.client as pg.PoolClient & { processID: number }).processID;
  }

  /** A statement is under way. */
  get isBusy(): boolean {
    return this.running > 0;
  }

  defer(statement: Deferred): void {
    this.deferred.push(statement);
  }

  /** Sends what was deferred and these, in one round trip, and answers the results of these. */
  run(statements: readonly Statement[]): Promise<StatementResult[]> {
    const before = this.deferred;
    this.deferred = [];
    this.running++;
    const result = this.last.then(() => this.send(before, statements)).finally(() => this.running--);
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Forgets what was deferred: the transaction is over. */
  clear(): void {
    this.deferred = [];
  }

  private async send(before: readonly Deferred[], statements: readonly Statement[]): Promise<StatementResult[]> {
    try {
      const results = await this.submit([...before, ...statements]);
      return results.slice(before.length);
    } catch (error) {
      if (!(error instanceof StatementFailed)) throw error;
      throw before[error.at]?.explain?.(error.cause) ?? error.cause;
    }
  }

  private submit(statements: readonly Statement[]): Promise<StatementResult[]> {
    return new Promise((resolve, reject) => {
      const done = (error: Error | undefined, results: StatementResult[]) => (error ? reject(error) : resolve(results));
      this.client.query(new StatementBatch(this.client, statements, done) as unknown as pg.Submittable);
    });
  }
}
