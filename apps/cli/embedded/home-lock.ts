import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWhole } from '../../host/create-whole.js';
import { UserError } from '../user-error.js';
import { processIdentity } from './process-identity.js';

/*
 * One process at a time may run the embedded server of a home. The lock is a file that names its holder; it is held as
 * long as that very process lives (pid and start time), so a crash needs no cleaning up:
 *
 *   no lock ──made, where there is still none──▶ held ──released──▶ no lock
 *   dead holder ──claim made──▶ is the lock still what it was? ──yes──▶ the claim becomes the lock ──▶ held
 *                                                             └─no──▶ somebody was faster: the claim removed, look again
 *
 * A claim bears the name of the very lock that it follows, so that of two who find the same dead holder one makes it. And
 * who makes it late, because that of the faster one is the lock already, finds this lock. A claim whose maker has died is
 * followed by the next claim like a lock.
 */
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
  while (!tryToTake(home, file, me));
  return {
    noteUrl: (url) => write(file, { ...me, url }),
    release: () => {
      if (holderIn(textIn(file) ?? '')?.identity === me.identity) rmSync(file, { force: true });
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

/** False when somebody else was faster. @throws UserError when it is held */
function tryToTake(home: string, file: string, me: Holder): boolean {
  const found = textIn(file);
  if (found === undefined) return createWhole(file, textOf(me));
  const claims: string[] = [];
  for (let last: string | undefined = found; last !== undefined; last = textIn(claims.at(-1) as string)) {
    const holder = holderIn(last);
    if (holder !== null && processIdentity(holder.pid) === holder.identity) throw alreadyHeld(home, holder);
    claims.push(`${file}.after-${createHash('sha256').update(last).digest('hex').slice(0, 16)}`);
  }
  const claim = claims.at(-1) as string;
  if (!createWhole(claim, textOf(me))) return false;
  const isStill = textIn(file) === found;
  if (isStill) renameSync(claim, file);
  for (const each of isStill ? claims : [claim]) rmSync(each, { force: true });
  return isStill;
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Null where a crash has left no sense in it. */
function holderIn(text: string): Holder | null {
  try {
    return JSON.parse(text) as Holder | null;
  } catch {
    return null;
  }
}

function textOf(holder: Holder): string {
  return `${JSON.stringify(holder)}\n`;
}

function write(file: string, holder: Holder): void {
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, textOf(holder), { mode: 0o600 });
  renameSync(fresh, file);
}
