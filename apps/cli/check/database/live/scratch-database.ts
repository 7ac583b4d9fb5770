import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BoundedContextOptions } from '#kernel/bounded-context';
import { migrate } from '#kernel/persistence/migrate';
import { provision } from '#kernel/persistence/provision';
import { remembered } from '../../../embedded/data-directory.js';
import { startEmbeddedPostgres } from '../../../embedded/embedded-postgres.js';
import { runningPostmaster } from '../../../embedded/postmaster.js';
import { loadingModules } from '../../../system/loading-modules.js';

/** Nothing in it outlives the look at it, so it need not survive a crash. */
const FAST = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: 0,
};
const PREFIX = 'seamline-check-';

/**
 * Hands over a database in which this project's modules stand as its own start leaves them, and takes it away again: an
 * embedded PostgreSQL in a temporary folder, provisioned and migrated by the code that the product uses.
 */
export async function withScratchDatabase<Result>(
  signal: AbortSignal | undefined,
  use: (databaseUrl: string) => Promise<Result>,
): Promise<Result> {
  await removeLeftovers();
  const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const starting = startEmbeddedPostgres({ home, say: () => undefined, settings: FAST, ...(signal ? { signal } : {}) });
  const remove = async () => {
    const server = await starting.catch(() => undefined);
    await server?.stop(0);
    for (const folder of [server?.dataDirectory ?? home, home]) await rm(folder, { recursive: true, force: true });
  };
  try {
    // The modules while the server comes up: both take long.
    const loading = loadingModules(() => import('../../../../host/system.js'));
    const [{ url }, { membersOfTheSystem }] = await Promise.all([starting, loading]);
    await settle(
      url,
      home,
      membersOfTheSystem().map(({ context }) => context),
    );
    return await use(url);
  } finally {
    await remove();
  }
}

async function settle(databaseUrl: string, home: string, contexts: readonly BoundedContextOptions[]): Promise<void> {
  const modules = contexts.map(({ declaration }) => declaration);
  const { ownerUrl } = await provision({ databaseUrl, modules, credentialsFile: join(home, 'roles.json') });
  await Promise.all(contexts.map(({ declaration, migrations }) => migrate(ownerUrl, declaration.schema, migrations)));
}

/** Of checks that were killed; a server that still runs there is adopted, so that it can be stopped. */
async function removeLeftovers(): Promise<void> {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names.filter((each) => !isAlive(Number(each.slice(PREFIX.length).split('-')[0])))) {
    const home = join(tmpdir(), name);
    const dataDirectory = remembered(home).shelter ?? join(home, 'postgres');
    if (runningPostmaster(dataDirectory) !== null) {
      const server = await startEmbeddedPostgres({ home, say: () => undefined, settings: FAST }).catch(() => undefined);
      await server?.stop(0);
    }
    for (const folder of [dataDirectory, home]) await rm(folder, { recursive: true, force: true });
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
