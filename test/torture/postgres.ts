import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Binaries, findBinaries } from '../../apps/cli/embedded/binaries.js';
import type { Place } from '../../apps/cli/embedded/data-directory.js';
import { freePort } from '../../apps/cli/embedded/free-port.js';
import { serverArguments, startServer, stopServer } from '../../apps/cli/embedded/postmaster.js';
import { runAs, type ServerAccount, serverAccount } from '../../apps/cli/embedded/server-account.js';
import { UserError } from '../../apps/cli/user-error.js';

/** As a server in earnest, fsync and all: what it loses at a crash is what it would lose anywhere. */
const SETTINGS = serverArguments({
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_connections: 200,
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
});
const PASSWORD = 'torture';
/** After a crash, somebody's outgoing connection may sit on the port for a moment. In milliseconds. */
const PORT_FREE_WITHIN = 10_000;

/** A PostgreSQL of the torture's own, in a folder of its own and on a port that was free. */
export class Postgres {
  private constructor(
    private readonly place: Place,
    private readonly binaries: Binaries,
    private readonly port: number,
    private readonly logFile: string,
  ) {}

  /** @param programs the folder of another PostgreSQL's `initdb`, `pg_ctl` and `postgres`; the embedded one's if absent */
  static async start(folder: string, programs: string | undefined): Promise<Postgres> {
    const place = makePlace(folder);
    const binaries = programs ? await binariesIn(programs, place.account) : await findBinaries(place.account, () => {});
    await initialise(place, binaries, folder);
    const server = new Postgres(place, binaries, await freePort(), join(folder, 'postgres.log'));
    await server.start();
    return server;
  }

  /** As the superuser. */
  get url(): string {
    return `postgresql://postgres:${PASSWORD}@127.0.0.1:${this.port}/postgres`;
  }

  get version(): string {
    return this.binaries.version;
  }

  async start(): Promise<void> {
    for (const end = Date.now() + PORT_FREE_WITHIN; ; await pause(200)) {
      const result = await startServer(this.place, this.binaries, this.port, SETTINGS, this.logFile);
      if (result === 'started') return;
      if (Date.now() > end) throw new Error(`Port ${this.port} stayed taken, so PostgreSQL did not start again.`);
    }
  }

  /** `pg_ctl stop -m immediate`: nothing is written out, the next start recovers from the journal. */
  async crash(): Promise<void> {
    await stopServer(this.place, this.binaries, 0);
  }
}

function makePlace(folder: string): Place {
  const dataDirectory = join(folder, 'postgres');
  mkdirSync(dataDirectory, { mode: 0o700 });
  const account = serverAccount(dataDirectory);
  if (account !== null) {
    chmodSync(folder, 0o711);
    chownSync(dataDirectory, account.uid, account.gid);
  }
  return { dataDirectory, account };
}

async function binariesIn(folder: string, account: ServerAccount | null): Promise<Binaries> {
  const postgres = join(folder, 'postgres');
  const { output } = await runAs(account, postgres, ['--version']);
  const version = /\(PostgreSQL\) ([\d.]+)/.exec(output)?.[1];
  if (version === undefined) {
    throw new UserError(
      `${postgres} is no PostgreSQL server that runs here: ${output}`,
      'Give --postgres-bin the folder that holds initdb, pg_ctl and postgres.',
    );
  }
  return { initdb: join(folder, 'initdb'), pgCtl: join(folder, 'pg_ctl'), postgres, version };
}

async function initialise({ dataDirectory, account }: Place, { initdb }: Binaries, folder: string): Promise<void> {
  const passwordFile = join(folder, 'postgres.password');
  writeFileSync(passwordFile, PASSWORD, { mode: 0o600 });
  if (account !== null) chownSync(passwordFile, account.uid, account.gid);
  const { code, output } = await runAs(account, initdb, [
    `--pgdata=${dataDirectory}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
  ]);
  if (code !== 0) throw new Error(`PostgreSQL could not make its data directory in ${dataDirectory}: ${output}`);
}
