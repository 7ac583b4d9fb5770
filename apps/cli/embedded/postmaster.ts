import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../user-error.js';
import type { Binaries } from './binaries.js';
import type { Place } from './data-directory.js';
import { commandLine, processIdentity } from './process-identity.js';
import { runAs } from './server-account.js';

/** What a running server says of itself in its data directory. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** The log is cut at the start of a server once it is larger than this, in bytes. */
const LOG_LIMIT = 10 * 1024 * 1024;

/** Backends notice the end of their server at once, unless they are in the middle of writing. */
const BACKENDS_END_WITHIN_MS = 5000;

const pidFile = (dataDirectory: string) => join(dataDirectory, 'postmaster.pid');

/**
 * The server that runs on this data directory, or null. A postmaster.pid that a crash or a reboot left behind is told
 * from a real one by looking at the process, since its number may belong to any other program by now.
 */
export function runningPostmaster(dataDirectory: string): Postmaster | null {
  const lines = readPidFile(dataDirectory);
  const pid = Number(lines[0]);
  if (processIdentity(pid) === null || !isServerOf(pid, dataDirectory)) return null;
  return { pid, port: Number(lines[3]) };
}

function readPidFile(dataDirectory: string): string[] {
  try {
    return readFileSync(pidFile(dataDirectory), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A server and its backends work in their data directory; where the system does not tell, its command line must do. */
function isServerOf(pid: number, dataDirectory: string): boolean {
  const command = commandLine(pid);
  if (!command.includes('postgres')) return false;
  return process.platform === 'linux' ? worksIn(pid, dataDirectory) : command.includes(dataDirectory);
}

function worksIn(pid: number, folder: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(folder);
  } catch {
    return false;
  }
}

/**
 * Removes a postmaster.pid whose number belongs to no server any more but is still in use, by an unrelated program or by
 * the zombie that a killed server stays where process 1 does not clean up, as in many containers: PostgreSQL would refuse
 * to start. It would also make sure that no backend of the killed server still writes; so here these are waited for.
 */
export async function removeForeignPidFile(dataDirectory: string): Promise<void> {
  const pid = Number(readPidFile(dataDirectory)[0]);
  if (!isInUse(pid) || isServerOf(pid, dataDirectory)) return;
  const deadline = performance.now() + BACKENDS_END_WITHIN_MS;
  while (hasProcessesInside(dataDirectory)) {
    if (performance.now() > deadline) return;
    await pause(50);
  }
  rmSync(pidFile(dataDirectory), { force: true });
}

/** As PostgreSQL sees it: whether the number can be signalled, zombies included. */
function isInUse(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function hasProcessesInside(folder: string): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc').some((pid) => /^\d+$/.test(pid) && worksIn(Number(pid), folder));
}

/** Server settings as command-line arguments, in a fixed order, so that two starts can be compared. */
export function serverArguments(settings: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(settings)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** Whether the running server was started with exactly these arguments, by these binaries. */
export function wasStartedWith(dataDirectory: string, binaries: Binaries, args: readonly string[]): boolean {
  const line = readFileSync(join(dataDirectory, 'postmaster.opts'), 'utf8').trim();
  return line.startsWith(`${binaries.postgres} `) && line.endsWith(args.map((arg) => `"${arg}"`).join(' '));
}

export type StartResult = 'started' | 'port taken';

/**
 * Starts the server and waits until it takes connections. It is independent of this process: it leads a session of its
 * own, and its output goes to `logFile`.
 * @throws {UserError} with what the server said when it does not come up
 */
export async function startServer(
  place: Place,
  binaries: Binaries,
  port: number,
  args: readonly string[],
  logFile: string,
): Promise<StartResult> {
  cutLog(logFile);
  const begin = sizeOf(logFile);
  const options = ['-p', String(port), ...args].map(quoteForShell).join(' ');
  const log = openSync(logFile, 'a', 0o600);
  try {
    const pgCtl = [
      'start',
      '--wait',
      '--timeout=60',
      '--silent',
      `--pgdata=${place.dataDirectory}`,
      `--options=${options}`,
    ];
    const { code, output } = await runAs(place.account, binaries.pgCtl, pgCtl, { logFd: log });
    if (code === 0) return 'started';
    const said = `${output}${readFileSync(logFile, 'utf8').slice(begin)}`;
    if (said.includes('could not bind')) return 'port taken';
    throw new UserError(`The embedded PostgreSQL did not start: ${essence(said)}`, `All it said is in ${logFile}.`);
  } finally {
    closeSync(log);
  }
}

function cutLog(logFile: string): void {
  if (sizeOf(logFile) > LOG_LIMIT) truncateSync(logFile);
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** pg_ctl hands the options to a shell. */
function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The lines of PostgreSQL's output that say what is wrong and how to mend it. */
function essence(said: string): string {
  const lines = said.split('\n').filter((line) => /FATAL|PANIC|DETAIL|HINT|could not/.test(line));
  const chosen = lines.length > 0 ? lines : said.trim().split('\n').slice(-3);
  return chosen.map((line) => line.replace(/^.*?(?=FATAL|PANIC|DETAIL|HINT)/, '').trim()).join(' ');
}

/**
 * Stops the server: connections are closed and all is written out within `patienceMs`, else (and with 0 at once) it is
 * stopped without that, and recovers from its journal at the next start.
 */
export async function stopServer(place: Place, binaries: Binaries, patienceMs: number): Promise<void> {
  const stop = (mode: string, seconds: number) =>
    runAs(place.account, binaries.pgCtl, [
      'stop',
      '--wait',
      '--silent',
      `--mode=${mode}`,
      `--timeout=${seconds}`,
      `--pgdata=${place.dataDirectory}`,
    ]);
  if (patienceMs > 0) await stop('fast', Math.max(1, Math.floor(patienceMs / 1000)));
  if (runningPostmaster(place.dataDirectory) !== null) await stop('immediate', 1);
}
