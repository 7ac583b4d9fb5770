import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { projectRoot } from '../../project-root.js';
import { UserError } from '../../user-error.js';
import { runCommandLine } from '../command-line.js';
import { formatted } from '../format.js';
import { untilInterrupted } from '../interruption.js';
import { kebabOf, nameOf } from '../name.js';
import type { Files } from '../plan.js';
import { WRITERS } from '../refresh.js';
import { moduleFiles } from '../templates/module-files.js';
import { vocabularyOf } from '../templates/vocabulary.js';
import { mustBeEmpty } from './destination.js';
import { documentsOf } from './documents.js';
import { mapOfTheSystem, topologyOf } from './map.js';
import { type Lock, lockFor, type Manifest, manifestFor } from './packages.js';
import { sourcesOf } from './sources.js';

const IDENTITY = nameOf('identity');
const EXAMPLE = nameOf('guestbook');

/** What npm takes as the name of a package. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * Writes a project of its own: all of it or nothing, also when it is interrupted. It needs no install of this one's
 * packages: its first start brings its own.
 * @throws UserError for a folder that is not empty or lies in this project, and for a name that npm would not take
 */
export async function makeProject(
  dir: string,
  { name: given }: { name?: string | undefined },
  print: (line: string) => void,
): Promise<void> {
  const target = resolve(dir);
  mustBeEmpty(target);
  mustBeElsewhere(target);
  const name = readPackageName(given ?? kebabOf(basename(target)) ?? 'project');
  await untilInterrupted((signal) => build(target, name, signal));
  const near = relative(process.cwd(), target);
  const shown = near === '' || near.startsWith(join('..', '..')) ? target : near;
  for (const line of [`Wrote ${name} to ${target}.`, 'Next:', `  cd ${quoted(shown)}`, '  npm test', '  npm start'])
    print(line);
}

/** Each would take the files of the other for its own: the checks of both would fail. */
function mustBeElsewhere(target: string): void {
  const place = relative(projectRoot, target);
  if (place.startsWith('..') || isAbsolute(place)) return;
  throw new UserError(
    `${target} lies in this project, whose checks would take it for a part.`,
    `Name a folder beside it, such as ${quoted(join(dirname(projectRoot), basename(target)))}.`,
  );
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** Beside its place, so that it can be moved there in one step. */
async function build(target: string, name: string, signal: AbortSignal): Promise<void> {
  const site = siteBeside(target);
  try {
    chmodSync(site, 0o777 & ~process.umask());
    writeAll(site, {
      ...sourcesOf(projectRoot, name, 'project'),
      ...(await formatted(projectRoot, own(name), signal)),
    });
    await writeFromSources(site, signal);
    signal.throwIfAborted();
    mustBeEmpty(target);
    if (existsSync(target)) rmdirSync(target);
    renameSync(site, target);
  } catch (error) {
    rmSync(site, { recursive: true, force: true });
    throw error;
  }
}

function siteBeside(target: string): string {
  try {
    mkdirSync(dirname(target), { recursive: true });
    return mkdtempSync(join(dirname(target), `.${basename(target)}-`));
  } catch (error) {
    throw new UserError(
      `${dirname(target)} cannot be written to (${(error as NodeJS.ErrnoException).code}).`,
      'Name a folder in a place where you may write.',
    );
  }
}

/** What is of this project alone. */
function own(name: string): Files {
  const example = moduleFiles(vocabularyOf(EXAMPLE, nameOf('entry'), []));
  const manifest = manifestFor(name, read<Manifest>('package.json'));
  return {
    ...documentsOf(name),
    ...Object.fromEntries(
      Object.entries(example).map(([path, text]) => [`src/modules/${EXAMPLE.kebab}/${path}`, text]),
    ),
    'apps/monolith/monolith.module.ts': mapOfTheSystem([IDENTITY, EXAMPLE]),
    'topology.json': topologyOf([IDENTITY, EXAMPLE]),
    'package.json': json(manifest),
    'package-lock.json': json(lockFor(manifest, read<Lock>('package-lock.json'))),
  };
}

/** Runs the project's own command line on the packages of this one: its own are not there yet. */
async function writeFromSources(site: string, signal: AbortSignal): Promise<void> {
  const packages = join(site, 'node_modules');
  symlinkSync(join(projectRoot, 'node_modules'), packages);
  const { code, output } = await runCommandLine(site, [['contract', 'release'], ...WRITERS], signal);
  if (code !== 0 && !signal.aborted) throw new Error(`its pages could not be written.\n${output}`);
  rmSync(packages);
  for (const made of ['dist', '.cache']) rmSync(join(site, made), { recursive: true, force: true });
}

function readPackageName(name: string): string {
  if (PACKAGE.test(name) && name.length <= 214) return name;
  const near = kebabOf(name);
  throw new UserError(
    `"${name}" cannot be the name of a package: npm takes lower-case letters, digits, dashes and dots.`,
    near === undefined ? 'Give one by --name.' : `Try --name ${near}.`,
  );
}

function writeAll(site: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), text, { mode: text.startsWith('#!') ? 0o777 : 0o666 });
  }
}

function read<Type>(file: string): Type {
  return JSON.parse(readFileSync(join(projectRoot, file), 'utf8'));
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
