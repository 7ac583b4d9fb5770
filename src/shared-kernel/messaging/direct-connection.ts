import pg from 'pg';
import { sessionAddress } from '../persistence/session-address.js';

/** A server that is silent for longer is given up. In milliseconds. */
const SILENCE = 10_000;
/** The server ends a session that says nothing for longer, so that a frozen process keeps no lock. In milliseconds. */
const IDLE = 5_000;

/**
 * Pages are read in order of an index, from where the last one ended, and no other plan will do: the planner, who cannot
 * guess how many rows lie in a window, would rather sort the whole backlog for each. With the other ways closed it finds
 * this one for any values, and need not look again for each page, which would take longer than reading one. So would
 * compiling the statement.
 */
const PLANS = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_sort: 'off',
  jit: 'off',
};

const AS_TEXT: pg.CustomTypesConfig = {
  getTypeParser: (type: number) =>
    type === pg.types.builtins.BOOL ? (text: string) => text === 't' : (text: string) => text,
};

/**
 * A connection that a relay holds for itself, not through the pool and never through a transaction pooler: its session
 * locks and its LISTEN belong to it. Queries are pipelined, so many readers share it.
 */
export class DirectConnection {
  private readonly client: pg.Client;
  /** Rejects when the server is gone. */
  readonly lost: Promise<never>;

  constructor(url: string, module: string, schema: string) {
    this.client = new pg.Client({
      ...sessionAddress(url, { search_path: schema, idle_session_timeout: IDLE, ...PLANS }),
      application_name: `seamline ${module} relay`,
      keepAlive: true,
      query_timeout: SILENCE,
      connectionTimeoutMillis: SILENCE,
      pipeline: true,
    } as pg.ClientConfig);
    this.lost = new Promise<never>((_, reject) => {
      this.client.on('error', reject);
      this.client.on('end', () => reject(new Error('The connection was closed.')));
    });
    this.lost.catch(() => undefined);
  }

  async connect(): Promise<void> {
    await this.client.connect();
  }

  onNotification(heard: () => void): void {
    this.client.on('notification', heard);
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.client.query<Row>(text, values)).rows;
  }

  /**
   * Prepared once under its name; rows come as arrays and their values as text, JSON too, which is what a page of many
   * rows wants.
   */
  async arrays(query: { name: string; text: string; values: unknown[] }): Promise<unknown[][]> {
    return (await this.client.query({ ...query, rowMode: 'array', types: AS_TEXT })).rows as unknown[][];
  }

  async end(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
