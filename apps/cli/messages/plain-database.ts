import pg from 'pg';
import type { ModuleDatabase, Queries } from '#kernel/messaging/care/module-under-care';
import { errorCode } from '#kernel/persistence/failures';
import { CHECK_PLACEMENT, isFenced, ModuleFenced } from '#kernel/persistence/fence';
import { connect } from '#kernel/persistence/provisioning/connect';
import { UserError } from '../user-error.js';

/** SQLSTATE. */
const LOCK_NOT_AVAILABLE = '55P03';
/** Whoever waits longer for a lock had better look who holds it. In milliseconds. */
const LOCK_TIMEOUT = 10_000;

export interface Address {
  readonly module: string;
  readonly schema: string;
  readonly url: string;
  /** The setting it comes from. */
  readonly setting: string;
}

/** A module's tables over one connection as its role, opened when it is first needed. Statements wait for each other. */
export class PlainDatabase implements ModuleDatabase {
  private connected: Promise<pg.Client> | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly address: Address) {}

  get module(): string {
    return this.address.module;
  }

  query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.inTurn((client) => rowsOf<Row>(client, text, values));
  }

  transaction<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result> {
    return this.inTurn(async (client) => {
      await client.query('begin isolation level read committed');
      try {
        await client.query(CHECK_PLACEMENT.text);
        const result = await work({ query: (text, values) => rowsOf(client, text, values) });
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch(() => undefined);
        throw error;
      }
    });
  }

  async end(): Promise<void> {
    await this.connected?.then(
      (client) => client.end(),
      () => undefined,
    );
  }

  private inTurn<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    const turn = this.last.then(async () => {
      this.connected ??= this.connect();
      const client = await this.connected;
      return work(client).catch((error) => {
        throw this.explained(error);
      });
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async connect(): Promise<pg.Client> {
    const { url, setting, schema } = this.address;
    const client = await connect(url, setting);
    await client.query(
      `set application_name = 'seamline messages'; set lock_timeout = ${LOCK_TIMEOUT};
       set search_path = ${pg.escapeIdentifier(schema)}`,
    );
    return client;
  }

  private explained(error: Error): Error {
    const { module, schema } = this.address;
    if (isFenced(error)) return new UserError(new ModuleFenced(module).message, 'Wait until its move has ended.');
    if (errorCode(error) !== LOCK_NOT_AVAILABLE) return error;
    return new UserError(
      `Somebody holds a lock in schema ${schema} for more than ${LOCK_TIMEOUT / 1000} s.`,
      'Nothing was changed there. Try again later.',
    );
  }
}

async function rowsOf<Row>(client: pg.Client, text: string, values: unknown[] = []): Promise<Row[]> {
  return (await client.query(text, values)).rows as Row[];
}
