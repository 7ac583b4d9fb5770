import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { UserError } from '../user-error.js';
import { type Binaries, findBinaries } from './binaries.js';
import {
  claimShelter,
  findPlace,
  initialise,
  type Place,
  refuseOtherMajor,
  remember,
  remembered,
} from './data-directory.js';
import { freePort, portTrouble } from './free-port.js';
import {
  removeForeignPidFile,
  runningPostmaster,
  serverArguments,
  startServer,
  stopServer,
  wasStartedWith,
} from './postmaster.js';

/*
 * The server runs on its own: it survives this process, however that ends. So a start has to look first.
 *
 *   no data            → initialise → start
 *   data, no server    → start
 *   data, a server     → it is ours, as we would start it, and lets us in → adopt
 *                      → otherwise → stop → start
 *
 * The caller holds the lock of the home meanwhile (home-lock.ts).
 */

const DATABASE = 'seamline';

type ServerSettings = Readonly<Record<string, string | number>>;

/** Small enough for a laptop, large enough for the tests; logical replication is what an extraction will need. */
const SETTINGS: ServerSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_connections: 100,
  shared_buffers: '64MB',
  maintenance_work_mem: '64MB',
  max_wal_size: '512MB',
  max_wal_senders: 10,
  max_replication_slots: 10,
  // A forgotten slot must not fill the disk.
  max_slot_wal_keep_size: '2GB',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
  cluster_name: DATABASE,
};

export interface EmbeddedPostgresOptions {
  /** Folder of the data, the password and the log; made when absent. */
  home: string;
  /** Takes one line of progress for the user. */
  say: (line: string) => void;
  /** A port that must be used; otherwise a free one, the same as last time where possible. */
  port?: number;
  /** Gives up what has not begun yet; a server that is being started already is started. */
  signal?: AbortSignal;
  /** More server settings, or others in place of the default ones. */
  settings?: ServerSettings;
}

export interface EmbeddedPostgres {
  /** Superuser's URL of the database `seamline`, on 127.0.0.1. */
  url: string;
  /** Whether the server had been running already, left behind by a process that was killed. */
  adopted: boolean;
  dataDirectory: string;
  /** False once it has died, of whatever cause. */
  isRunning(): boolean;
  /** Stops the server within `patienceMs` (3 s when not given), and without ceremony after that. */
  stop(patienceMs?: number): Promise<void>;
}

/**
 * Starts the PostgreSQL that belongs to `home`, or adopts it where it still runs.
 * @throws {UserError} with what is wrong and what to do, when it cannot be started
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { home, say } = options;
  const settings: ServerSettings = { ...SETTINGS, ...options.settings };
  const place = await findPlace(home, say);
  const binaries = await findBinaries(place.account, say);
  await claimShelter(home, place, () => stopServer(place, binaries, 3000), say);
  const password = keptPassword(home);
  options.signal?.throwIfAborted();
  if (!existsSync(place.dataDirectory)) {
    say('Making a new database cluster …');
    await initialise(place, binaries, password, { isDurable: settings.fsync !== 'off', signal: options.signal });
  }
  refuseOtherMajor(place.dataDirectory, binaries);

  options.signal?.throwIfAborted();
  const args = serverArguments(settings);
  const adopted = await adopt(place, binaries, args, password, options.port);
  const port = adopted ?? (await start(options, place, binaries, args));
  remember(home, { port });
  await ensureDatabase(port, password);
  return {
    url: urlOf(port, password, DATABASE),
    adopted: adopted !== null,
    dataDirectory: place.dataDirectory,
    isRunning: () => runningPostmaster(place.dataDirectory) !== null,
    stop: (patienceMs = 3000) => stopServer(place, binaries, patienceMs),
  };
}

/** The port of a running server that can be used as it is; one that cannot is stopped. */
async function adopt(
  place: Place,
  binaries: Binaries,
  args: readonly string[],
  password: string,
  wantedPort: number | undefined,
): Promise<number | null> {
  const running = runningPostmaster(place.dataDirectory);
  if (running === null) return null;
  const asWeWould =
    wasStartedWith(place.dataDirectory, binaries, args) && (wantedPort ?? running.port) === running.port;
  if (asWeWould && (await servesUs(running.port, password, place.dataDirectory, binaries))) return running.port;
  await stopServer(place, binaries, 3000);
  return null;
}

async function servesUs(port: number, password: string, dataDirectory: string, binaries: Binaries): Promise<boolean> {
  const question = `select current_setting('data_directory') as folder, split_part(current_setting('server_version'), ' ', 1) as version`;
  try {
    const [row] = await query(urlOf(port, password, 'postgres'), question);
    return row?.folder === dataDirectory && row?.version === binaries.version;
  } catch {
    return false;
  }
}

async function start(
  options: EmbeddedPostgresOptions,
  place: Place,
  binaries: Binaries,
  args: readonly string[],
): Promise<number> {
  await removeForeignPidFile(place.dataDirectory);
  const logFile = join(options.home, 'postgres.log');
  for (let attempt = 1; attempt <= 3; attempt++) {
    const port = options.port ?? (await usualOrFreePort(options.home));
    if ((await startServer(place, binaries, port, args, logFile)) === 'started') return port;
    if (options.port !== undefined) break;
  }
  throw new UserError(
    `The embedded PostgreSQL found no free port${options.port === undefined ? '' : `: ${options.port} is taken`}.`,
    'Start again.',
  );
}

async function usualOrFreePort(home: string): Promise<number> {
  const usual = remembered(home).port;
  if (usual !== undefined && (await portTrouble(usual)) === undefined) return usual;
  return freePort();
}

function keptPassword(home: string): string {
  const file = join(home, 'postgres.password');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const password = randomBytes(24).toString('base64url');
  writeFileSync(`${file}.new`, `${password}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return password;
}

async function ensureDatabase(port: number, password: string): Promise<void> {
  const server = urlOf(port, password, 'postgres');
  try {
    const found = await query(server, `select 1 from pg_database where datname = '${DATABASE}'`);
    if (found.length === 0) await query(server, `create database ${DATABASE}`);
  } catch (error) {
    if ((error as { code?: string }).code !== '28P01') throw error;
    throw new UserError(
      'The embedded PostgreSQL does not accept the password in postgres.password.',
      'Restore that file, or move the whole home away to begin with an empty database.',
    );
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000, query_timeout: 10_000 });
  // A connection lost while idle is no news here: the next query says so.
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
