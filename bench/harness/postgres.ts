import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../apps/cli/embedded/embedded-postgres.js';

/**
 * As durable as PostgreSQL comes; with room enough that checkpoints do not fall into the measurement of one candidate
 * and not into that of another.
 */
const SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  max_connections: 200,
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
};

/** What a reader must know of the server to judge a figure. */
const TELLING = [...Object.keys(SETTINGS), 'wal_level', 'autovacuum', 'jit'];

const PREFIX = 'seamline-bench-postgres-';

export interface PostgresServer {
  /** As an administrator. */
  readonly url: string;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** The server that DATABASE_URL names, or one of the bench's own, in a folder of its own, on a free port. */
export async function startPostgres(say: (line: string) => void): Promise<PostgresServer> {
  const given = process.env.DATABASE_URL;
  if (given) return { url: given, ...(await describe(given)), stop: async () => {} };
  await removeLeftovers();
  const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await startEmbeddedPostgres({ home, say, settings: SETTINGS });
  const stop = async () => {
    await server.stop(0);
    for (const folder of [server.dataDirectory, home]) await rm(folder, { recursive: true, force: true });
  };
  return { url: server.url, ...(await describe(server.url)), stop };
}

/** Servers whose bench was killed outright: starting one adopts it, so that it can be stopped. */
async function removeLeftovers(): Promise<void> {
  for (const name of (await readdir(tmpdir())).filter((each) => each.startsWith(PREFIX))) {
    if (isAlive(Number(name.slice(PREFIX.length).split('-')[0]))) continue;
    const home = join(tmpdir(), name);
    const server = await startEmbeddedPostgres({ home, say: () => {}, settings: SETTINGS }).catch(() => null);
    await server?.stop(0);
    for (const folder of [server?.dataDirectory ?? home, home]) await rm(folder, { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function describe(url: string): Promise<{ version: string; settings: Record<string, string> }> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string; value: string }>(
      `select name, current_setting(name) as value from pg_settings where name = any ($1) order by array_position($1, name)`,
      [['server_version', ...TELLING]],
    );
    const { server_version: version = '', ...settings } = Object.fromEntries(rows.map((row) => [row.name, row.value]));
    return { version, settings };
  });
}

/** A database of its own for one candidate in one round, so that nobody works in what another left behind. */
export async function withDatabase<Result>(
  server: PostgresServer,
  work: (databaseUrl: string) => Promise<Result>,
): Promise<Result> {
  const name = `seamline_bench_${randomBytes(6).toString('hex')}`;
  await withClient(server.url, (admin) => admin.query(`create database ${name} template template0`));
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  try {
    return await work(url.href);
  } finally {
    await withClient(server.url, (admin) => dropDatabase(admin, name));
  }
}

async function dropDatabase(admin: pg.Client, name: string): Promise<void> {
  await admin.query(`drop database if exists ${name} with (force)`);
  const { rows } = await admin.query<{ rolname: string }>(
    'select rolname from pg_roles where starts_with(rolname, $1)',
    [`${name}_`],
  );
  // In one statement: roles that granted each other something can only go together.
  if (rows.length > 0) await admin.query(`drop role ${rows.map((row) => row.rolname).join(', ')}`);
}

export async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Before a measurement: statistics as autovacuum would have made them by now, and no dirty pages of the time before. */
export async function settle(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query('vacuum (analyze)');
    await client.query('checkpoint');
  });
}
