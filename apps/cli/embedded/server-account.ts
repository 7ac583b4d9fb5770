import { type SpawnOptions, spawn, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { UserError } from '../user-error.js';

/** The unprivileged account that runs PostgreSQL when we are root: PostgreSQL refuses to run as root. */
export interface ServerAccount {
  name: string;
  uid: number;
  gid: number;
}

const CREATED = 'seamline';

/**
 * The account for the server with this data directory; null when the server can run as we are. An existing directory
 * keeps its owner, so that a system user who appears later changes nothing.
 * @throws {UserError} when we are root and there is no account to turn to
 */
export function serverAccount(dataDirectory: string): ServerAccount | null {
  if (process.getuid?.() !== 0) return null;
  return (
    ownerOf(dataDirectory) ??
    knownAccount('postgres') ??
    knownAccount('nobody') ??
    knownAccount(CREATED) ??
    createAccount()
  );
}

function ownerOf(folder: string): ServerAccount | null {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined || stat.uid === 0) return null;
  const name = accounts().find((account) => account.uid === stat.uid)?.name ?? `user ${stat.uid}`;
  return { name, uid: stat.uid, gid: stat.gid };
}

function knownAccount(name: string): ServerAccount | null {
  return accounts().find((account) => account.name === name) ?? null;
}

function accounts(): ServerAccount[] {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  return lines
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}

function createAccount(): ServerAccount {
  const ways: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', CREATED]],
    ['adduser', ['-S', '-D', '-H', CREATED]],
  ];
  for (const [command, args] of ways) spawnSync(command, args, { stdio: 'ignore' });
  const created = knownAccount(CREATED);
  if (created !== null) return created;
  throw new UserError(
    'PostgreSQL refuses to run as root, and there is no user "postgres" or "nobody" to run it instead.',
    'Create one (useradd --system postgres), run this as another user, or set DATABASE_URL to a server of your own.',
  );
}

/** What PostgreSQL's programs get to see: nothing of the caller's PG* and library settings, messages in English. */
const ENVIRONMENT = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

function optionsFor(account: ServerAccount | null): SpawnOptions {
  // The caller's working directory may be one that the account cannot enter.
  return { cwd: '/', env: ENVIRONMENT, ...(account === null ? {} : { uid: account.uid, gid: account.gid }) };
}

export interface Outcome {
  /** Null when the program could not be started at all. */
  code: number | null;
  output: string;
}

/**
 * Runs a program as `account` to its end. With `logFd`, its output and that of the server it may leave behind goes to that
 * file; a pipe would be kept open by the server. Aborting `signal` ends the program.
 */
export function runAs(
  account: ServerAccount | null,
  command: string,
  args: readonly string[],
  { logFd, signal }: { logFd?: number; signal?: AbortSignal | undefined } = {},
): Promise<Outcome> {
  const out = logFd ?? 'pipe';
  const options = {
    ...optionsFor(account),
    ...(signal && { signal }),
    stdio: ['ignore', out, out],
  } satisfies SpawnOptions;
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ code: null, output: error.message });
    try {
      const child = spawn(command, args, options);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
      child.once('error', failed);
      child.once('close', (code) => resolve({ code, output: output.trim() }));
    } catch (error) {
      // Thrown rather than emitted for an account that this user namespace does not know.
      failed(error as Error);
    }
  });
}

/** Whether `account` can reach `folder` through all the folders above it. */
export async function canEnter(account: ServerAccount, folder: string): Promise<boolean> {
  const { code, output } = await runAs(account, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder]);
  if (code !== null) return code === 0;
  throw new UserError(
    `PostgreSQL refuses to run as root, and this process may not act as "${account.name}" instead (${output}).`,
    'Run this as another user, or set DATABASE_URL to a server of your own.',
  );
}
