import pg from 'pg';

/** A server that is silent for longer is given up. In milliseconds. */
const SILENCE = 10_000;
/** The server ends a session that says nothing for longer, so that a frozen process keeps no lock. In milliseconds. */
const IDLE = 5_000;

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
      connectionString: url,
      application_name: `seamline ${module} relay`,
      options: `-c search_path=${schema} -c plan_cache_mode=force_custom_plan -c idle_session_timeout=${IDLE}`,
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

  /** Prepared once under its name; rows come as arrays, which is what a page of many rows wants. */
  async arrays(query: { name: string; text: string; values: unknown[] }): Promise<unknown[][]> {
    return (await this.client.query({ ...query, rowMode: 'array' })).rows as unknown[][];
  }

  async end(): Promise<void> {
    await this.client.end().catch(() => undefined);
  }
}
