import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readSettings, type Settings } from '../../monolith/settings.js';
import type { EmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { takeHomeLock } from '../embedded/home-lock.js';
import { projectRoot } from '../project-root.js';
import { explain, isMendable, UserError } from '../user-error.js';
import { checkPort, portError } from './check-port.js';
import { type EndingWatch, watchForEnding } from './ending.js';

/** From the request to end until the process is gone, and the parts of it, in milliseconds. */
const END_WITHIN_MS = 4500;
const APP_ENDS_WITHIN_MS = 3000;
const DATABASE_STOPS_AT_ONCE_MS = 1000;
const LOOK_AFTER_DATABASE_MS = 1000;

/** Undoes one thing that was started; `leftMs` is how long it may take. */
interface Closer {
  atMostMs: number;
  close: (leftMs: number) => Promise<unknown>;
}

/**
 * Starts the system as the environment says and keeps it running until it is asked to end. Ends the process: 0 when it was
 * asked to, 130 when it was asked twice, 1 when something failed.
 */
export async function run(env: NodeJS.ProcessEnv): Promise<never> {
  surviveClosedOutput();
  const settings = readSettings(env);
  const home = resolve(settings.home ?? join(projectRoot, '.seamline'));
  makeHome(home);

  const watch = watchForEnding();
  const closers: Closer[] = [];
  const starting = startAll(settings, home, closers, watch);
  const failedToStart = starting.then(() => new Promise<never>(() => {}));
  const ending = await Promise.race([watch.ended, failedToStart]).catch((error: unknown) => ({
    reason: 'failed' as const,
    error,
  }));

  if (ending.reason === 'asked') say('Stopping …');
  else report(ending.error, home, settings);
  const hurried = await closeAll(closers, watch);
  process.exit(ending.reason === 'failed' ? 1 : hurried ? 130 : 0);
}

async function startAll(settings: Settings, home: string, closers: Closer[], watch: EndingWatch): Promise<void> {
  const lock = settings.databaseUrl === undefined ? takeHomeLock(home) : undefined;
  if (lock !== undefined) closers.push({ atMostMs: END_WITHIN_MS, close: async () => lock.release() });
  await checkPort(settings.port, settings.host);

  const database = settings.databaseUrl === undefined ? await startDatabase(home, closers, watch.signal) : undefined;
  const databaseUrl = settings.databaseUrl ?? (database as EmbeddedPostgres).url;
  watch.signal.throwIfAborted();
  const app = await startApp(settings, databaseUrl, home, closers);
  watch.signal.throwIfAborted();
  lock?.noteUrl(app.url);
  say(`Seamline is ready on ${app.url} (${(performance.now() / 1000).toFixed(1)} s)`);
  say(`The API is described on ${app.url}/docs; Ctrl-C stops everything.`);
  if (database) await keepRunning(database, home, watch.signal);
}

/** Starts the server again when it dies under us, on the same port, so that the modules find it again by themselves. */
async function keepRunning(database: EmbeddedPostgres, home: string, signal: AbortSignal): Promise<void> {
  const { startEmbeddedPostgres } = await import('../embedded/embedded-postgres.js');
  const port = Number(new URL(database.url).port);
  while (!signal.aborted) {
    await pause(LOOK_AFTER_DATABASE_MS);
    if (signal.aborted || database.isRunning()) continue;
    say('The embedded PostgreSQL has ended; starting it again …');
    await startEmbeddedPostgres({ home, say, port, signal });
    say('The embedded PostgreSQL runs again.');
  }
}

async function startDatabase(home: string, closers: Closer[], signal: AbortSignal): Promise<EmbeddedPostgres> {
  say('Starting the embedded PostgreSQL …');
  const { startEmbeddedPostgres } = await import('../embedded/embedded-postgres.js');
  const starting = startEmbeddedPostgres({ home, say, signal });
  // Registered before it is up, so that ending meanwhile waits for it and stops it.
  closers.push({
    atMostMs: END_WITHIN_MS,
    close: async (leftMs) => (await starting).stop(leftMs - DATABASE_STOPS_AT_ONCE_MS),
  });
  const server = await starting;
  if (server.adopted) say('It was still running after an earlier start that was killed; using it.');
  return server;
}

async function startApp(settings: Settings, databaseUrl: string, home: string, closers: Closer[]) {
  say('Starting the modules …');
  const { boot } = await import('../../monolith/main.js');
  const booting = boot({ settings, databaseUrl, home, say });
  closers.push({ atMostMs: APP_ENDS_WITHIN_MS, close: async () => (await booting).close() });
  return booting;
}

/** Closes in reverse order, each within its time. True when the user would not wait for the app. */
async function closeAll(closers: Closer[], watch: EndingWatch): Promise<boolean> {
  const deadline = performance.now() + END_WITHIN_MS;
  let hurried = false;
  const hurry = watch.hurried.then(() => {
    hurried = true;
  });
  for (const { atMostMs, close } of closers.toReversed()) {
    const leftMs = Math.min(deadline - performance.now(), atMostMs);
    const closed = close(leftMs).catch(() => {});
    // The database is what must not be left behind, and it stops fast.
    await Promise.race([closed, pause(leftMs), ...(atMostMs < END_WITHIN_MS ? [hurry] : [])]);
  }
  return hurried;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A user's mistake is told in its own words; of anything else the details go to a file, for whoever looks into it. */
function report(error: unknown, home: string, settings: Settings): void {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === 'EADDRINUSE') complain(explain(portError(code, settings.port, settings.host)));
  else if (isMendable(error)) complain(explain(error));
  else complain(`${explain(error)}\n${keepDetails(error, home, settings)}`);
}

function keepDetails(error: unknown, home: string, settings: Settings): string {
  const details = join(home, 'error.log');
  const text = error instanceof Error ? error.stack : String(error);
  writeFileSync(details, `${new Date().toISOString()}\n${text}\n`, { mode: 0o600 });
  const database =
    settings.databaseUrl === undefined ? `, what the database said in ${shown(join(home, 'postgres.log'))}` : '';
  return `The details are in ${shown(details)}${database}.`;
}

const shown = (file: string) => (relative(process.cwd(), file).startsWith('..') ? file : relative(process.cwd(), file));

function makeHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UserError(
      `The folder ${home} cannot be made (${code}).`,
      'Set SEAMLINE_HOME to a folder that this user may write.',
    );
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Whoever reads our output may go away (`npm start | head`); the system goes on. */
function surviveClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}
