import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTypeScript } from './import-typescript.js';

/** One PostgreSQL for all the tests of a run; nothing in it outlives the run, so it need not survive a crash either. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: 200 };
const PREFIX = 'seamline-jest-';

/**
 * Before all tests: starts an embedded PostgreSQL, or takes the one that TEST_DATABASE_URL names. The workers find it in
 * SEAMLINE_TEST_DATABASE_URL, as a superuser.
 */
export default async function globalSetup() {
  if (process.env.TEST_DATABASE_URL) {
    process.env.SEAMLINE_TEST_DATABASE_URL = process.env.TEST_DATABASE_URL;
    return;
  }
  importTypeScript();
  const { startEmbeddedPostgres } = await import('../apps/cli/embedded/embedded-postgres.ts');
  const start = (home) => startEmbeddedPostgres({ home, say: () => {}, settings: FAST });

  await removeLeftovers(start);
  const home = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const server = await start(home);
  const stop = async () => {
    await server.stop(0);
    for (const folder of [server.dataDirectory, home]) await rm(folder, { recursive: true, force: true });
  };
  globalThis.seamlineTestServer = { stop };
  stopOnSignals(stop);
  process.env.SEAMLINE_TEST_DATABASE_URL = server.url;
}

/** Jest calls no teardown when it is interrupted. A Ctrl-C may arrive twice, from the terminal and from npm. */
function stopOnSignals(stop) {
  let isStopping = false;
  const end = async (code) => {
    if (isStopping) return;
    isStopping = true;
    await stop();
    process.exit(code);
  };
  process.on('SIGHUP', () => end(129));
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
}

/** Servers whose test run was killed: starting one adopts it, so that it can be stopped. */
async function removeLeftovers(start) {
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith(PREFIX));
  for (const name of names.filter((each) => !isAlive(Number(each.slice(PREFIX.length).split('-')[0])))) {
    const home = join(tmpdir(), name);
    const server = await start(home).catch(() => null);
    await server?.stop(0);
    for (const folder of [server?.dataDirectory ?? home, home])
      await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
