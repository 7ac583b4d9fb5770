import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../user-error.js';
import { processIdentity } from './process-identity.js';

/*
 * One process at a time may run the embedded server of a home. The lock is a file that names its holder; it is held as
 * long as that very process lives (pid and start time), so a crash needs no cleaning up. Whoever wants the lock looks and
 * writes under a guard, a file created exclusively for these few instants, so that of two processes that find a dead
 * holder only one becomes the next.
 */
const GUARD_IS_STALE_AFTER_MS = 2000;

interface Holder {
  pid: number;
  identity: string;
  /** ISO 8601 */
  since: string;
  url: string | null;
}

export interface HomeLock {
  /** Adds where the holder serves, for the message that a second start prints. */
  noteUrl(url: string): void;
  release(): void;
}

/**
 * Takes the lock of `home`, which must exist.
 * @throws {UserError} that says who holds it: pid, since when, and where it serves
 */
export function takeHomeLock(home: string): HomeLock {
  const file = join(home, 'lock.json');
  const me: Holder = {
    pid: process.pid,
    identity: processIdentity(process.pid) ?? '',
    since: new Date().toISOString(),
    url: null,
  };
  underGuard(home, () => {
    const holder = readHolder(file);
    if (holder !== null && processIdentity(holder.pid) === holder.identity) throw alreadyHeld(home, holder);
    write(file, me);
  });
  return {
    noteUrl: (url) => write(file, { ...me, url }),
    release: () => {
      if (readHolder(file)?.identity === me.identity) rmSync(file, { force: true });
    },
  };
}

function alreadyHeld(home: string, holder: Holder): UserError {
  const where = holder.url === null ? 'still starting' : `on ${holder.url}`;
  return new UserError(
    `Seamline already runs on this home (${home}): process ${holder.pid}, since ${new Date(holder.since).toLocaleString('sv')}, ${where}.`,
    'Stop that process first, or set SEAMLINE_HOME and PORT to run a second one beside it.',
  );
}

function underGuard(home: string, work: () => void): void {
  const guard = join(home, 'lock.guard');
  mkdirSync(home, { recursive: true });
  while (!tryToCreate(guard)) {
    if (ageMs(guard) > GUARD_IS_STALE_AFTER_MS) rmSync(guard, { force: true });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  try {
    work();
  } finally {
    rmSync(guard, { force: true });
  }
}

function tryToCreate(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function ageMs(file: string): number {
  const mtime = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return mtime === undefined ? 0 : Date.now() - mtime;
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return null;
  }
}

function write(file: string, holder: Holder): void {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
}
