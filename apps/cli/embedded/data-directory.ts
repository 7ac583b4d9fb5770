import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UserError } from '../user-error.js';
import type { Binaries } from './binaries.js';
import { canEnter, runAs, type ServerAccount, serverAccount } from './server-account.js';
import { makePassableFolder, SHELTER } from './shelter.js';

/** What a home remembers of its server, in `embedded.json`. */
export interface Remembered {
  port?: number;
  /** The data directory, where it could not lie below the home. */
  shelter?: string;
}

export interface Place {
  dataDirectory: string;
  account: ServerAccount | null;
}

const rememberedFile = (home: string) => join(home, 'embedded.json');

export function remembered(home: string): Partial<Remembered> {
  try {
    return JSON.parse(readFileSync(rememberedFile(home), 'utf8')) as Partial<Remembered>;
  } catch {
    return {};
  }
}

export function remember(home: string, what: Remembered): void {
  const fresh = `${rememberedFile(home)}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify({ ...remembered(home), ...what })}\n`);
  renameSync(fresh, rememberedFile(home));
}

/**
 * Decides where the data of `home` lives and who runs the server: below the home, or in the shelter when we are root and
 * the server's account cannot reach the home. Once decided it stays.
 */
export async function findPlace(home: string, say: (line: string) => void): Promise<Place> {
  openHome(home);
  const { shelter } = remembered(home);
  const dataDirectory = shelter ?? join(home, 'postgres');
  const account = serverAccount(dataDirectory);
  if (account === null) return { dataDirectory: ours(dataDirectory), account };
  if (shelter !== undefined) return { dataDirectory: shelter, account };
  if (await canEnter(account, home)) return { dataDirectory, account };
  if (existsSync(dataDirectory)) throw outOfReach(dataDirectory, account);
  const sheltered = shelterOf(home);
  say(`The user "${account.name}" cannot reach ${home}, so the database lives in ${sheltered}.`);
  return { dataDirectory: sheltered, account: serverAccount(sheltered) };
}

function ours(dataDirectory: string): string {
  const owner = statSync(dataDirectory, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || owner === process.getuid?.()) return dataDirectory;
  throw new UserError(
    `The database in ${dataDirectory} belongs to another user (${owner}).`,
    'Start as that user or as root, or set SEAMLINE_HOME to a folder of your own.',
  );
}

/** Lets the server's account pass through the home to its data; each secret in it keeps others out by its own mode. */
function openHome(home: string): void {
  mkdirSync(home, { recursive: true });
  const { mode, uid } = statSync(home);
  if (uid === 0 && process.getuid?.() === 0 && (mode & 0o001) === 0) chmodSync(home, mode | 0o011);
}

function shelterOf(home: string): string {
  const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
  return join(SHELTER, name, 'postgres');
}

/** Beside sheltered data: the home it belongs to. */
const ownerFile = (place: Place) => join(dirname(place.dataDirectory), 'home');

/**
 * Makes sheltered data this home's own. Data of a home that was deleted and made anew is set aside, as its password is
 * gone; data of a home that was moved moves with it. Does nothing for data below the home.
 * @throws {UserError} when this home is the copy of another, whose data it may not share
 */
export async function claimShelter(
  home: string,
  place: Place,
  stop: () => Promise<void>,
  say: (line: string) => void,
): Promise<void> {
  if (dirname(place.dataDirectory) === home) return;
  const isRemembered = remembered(home).shelter !== undefined;
  if (existsSync(place.dataDirectory)) {
    const owner = readFileSync(ownerFile(place), 'utf8').trim();
    if (owner !== home && existsSync(rememberedFile(owner))) throw isCopy(home, owner);
    if (!isRemembered) await setAside(place, stop, say);
  }
  for (const folder of [SHELTER, dirname(place.dataDirectory)]) makePassableFolder(folder);
  writeFileSync(ownerFile(place), `${home}\n`);
  remember(home, { shelter: place.dataDirectory });
}

async function setAside(place: Place, stop: () => Promise<void>, say: (line: string) => void): Promise<void> {
  await stop();
  const aside = `${place.dataDirectory}.${new Date().toISOString().replaceAll(':', '')}`;
  renameSync(place.dataDirectory, aside);
  say(
    `A database of an earlier ${readFileSync(ownerFile(place), 'utf8').trim()} was set aside as ${aside}; delete it when you do not need it.`,
  );
}

function isCopy(home: string, owner: string): UserError {
  return new UserError(
    `${home} is a copy of ${owner}, whose database lies elsewhere and cannot be used by both.`,
    `Delete ${home} to begin there with an empty database.`,
  );
}

function outOfReach(dataDirectory: string, account: ServerAccount): UserError {
  return new UserError(
    `The database in ${dataDirectory} belongs to "${account.name}", who cannot reach it any more.`,
    `Let others pass through the folders above it (chmod o+x …).`,
  );
}

/**
 * Makes the database cluster if there is none: in a folder beside it that gets its name when all is done, so that an
 * interruption leaves nothing that looks like a database. Unless `isDurable`, it may be lost when the machine fails.
 */
export async function initialise(
  place: Place,
  binaries: Binaries,
  password: string,
  { isDurable, signal }: { isDurable: boolean; signal: AbortSignal | undefined },
): Promise<void> {
  const { dataDirectory, account } = place;
  const parent = dirname(dataDirectory);
  removeUnfinished(parent);
  const unfinished = join(parent, `postgres.new-${process.pid}-${Date.now()}`);
  const passwordFile = `${unfinished}.password`;
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (account !== null) for (const path of [unfinished, passwordFile]) chownSync(path, account.uid, account.gid);
  try {
    const args = initdbArguments(unfinished, passwordFile, isDurable);
    const { code, output } = await runAs(account, binaries.initdb, args, { signal });
    signal?.throwIfAborted();
    if (code !== 0)
      throw new UserError(
        `PostgreSQL could not make its data directory in ${parent}: ${output}`,
        'Mend that and start again.',
      );
    renameSync(unfinished, dataDirectory);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function initdbArguments(folder: string, passwordFile: string, isDurable: boolean): string[] {
  return [
    `--pgdata=${folder}`,
    '--username=postgres',
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // Sorts by code point, the same on every machine and for ever; the case of letters follows Unicode.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
    '--no-instructions',
    ...(isDurable ? [] : ['--no-sync']),
    // In the file too, so that a server started by hand keeps what replication needs and stays private.
    '--set=wal_level=logical',
    '--set=listen_addresses=127.0.0.1',
    '--set=unix_socket_directories=',
  ];
}

function removeUnfinished(parent: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith('postgres.new-')) continue;
    try {
      rmSync(join(parent, name), { recursive: true, force: true });
    } catch {
      // An initdb whose caller was killed may still be writing there; the next start removes it.
    }
  }
}

/** @throws {UserError} when the data was written by another major version, which this server cannot read */
export function refuseOtherMajor(dataDirectory: string, binaries: Binaries): void {
  const written = readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8').trim();
  const major = binaries.version.split('.')[0];
  if (written === major) return;
  throw new UserError(
    `The data in ${dataDirectory} was written by PostgreSQL ${written}; the embedded server is ${major} and cannot read it.`,
    `Check out the version of Seamline that made it and dump the data there, or move the folder away to begin with an empty database.`,
  );
}
