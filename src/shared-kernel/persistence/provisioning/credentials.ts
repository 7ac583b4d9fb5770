import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DatabaseNotUsable } from '../database-not-usable.js';

/** By role. */
const Passwords = z.record(z.string(), z.string());
export type Passwords = z.infer<typeof Passwords>;

/** By database, so that several servers and databases share one file. */
const Credentials = z.record(z.string(), Passwords);
type Credentials = z.infer<typeof Credentials>;

/** Under which the file keeps what belongs to a database, wherever that is reached. */
export function credentialsKey({ cluster, database }: { cluster: string; database: string }): string {
  return `${cluster}/${database}`;
}

/** Writing takes milliseconds; a lock older than this was left by a process that died. */
const STALE_LOCK_MS = 3_000;

/** The passwords the file knows for a database: none when there is no file. */
export async function readPasswords(file: string, database: string): Promise<Passwords> {
  return (await readCredentials(file))[database] ?? {};
}

/**
 * Gives each role a password that has none, 32 random bytes as base64url, and keeps them in the file, mode 0600.
 * Returns the passwords of all. The file is replaced as a whole, so a reader never sees half of it, and under a lock, as
 * processes of other databases may write their own part at the same time.
 */
export async function keepPasswords(file: string, database: string, roles: string[]): Promise<Passwords> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return await withLock(`${file}.lock`, async () => {
    const credentials = await readCredentials(file);
    const passwords: Passwords = { ...credentials[database] };
    for (const role of roles) passwords[role] ??= randomBytes(32).toString('base64url');
    await replaceFile(file, `${JSON.stringify({ ...credentials, [database]: passwords }, null, 2)}\n`);
    return passwords;
  });
}

async function readCredentials(file: string): Promise<Credentials> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return Credentials.parse(JSON.parse(text));
  } catch {
    // Without the cause: it may quote what stands in the file.
    throw new DatabaseNotUsable(
      `The file of database passwords, ${file}, is not one that Seamline wrote.`,
      'Restore it, or delete it: the roles then get new passwords.',
    );
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

async function withLock<T>(lock: string, work: () => Promise<T>): Promise<T> {
  while (!(await tookLock(lock))) await sleep(10);
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tookLock(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeStaleLock(lock);
    return false;
  }
}

async function removeStaleLock(lock: string): Promise<void> {
  const found = await stat(lock).catch(() => undefined);
  if (found && Date.now() - found.mtimeMs > STALE_LOCK_MS) await rm(lock, { force: true });
}
