import { existsSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';
import { USUAL_FILE } from './baseline/baseline-file.js';
import { HOUSEKEEPING, isWall, NAMES, type Name } from './names.js';
import { WALLS } from './wall.js';

export const FORMATS = ['human', 'json', 'github', 'sarif'] as const;
export type Format = (typeof FORMATS)[number];

/** What the command line says, as it says it. */
export interface Given {
  readonly root?: string;
  readonly only?: string;
  readonly format: string;
  readonly baseline?: string;
  readonly writeBaseline: boolean;
  readonly database?: string;
  readonly fix: boolean;
}

/** What is to be checked, and how it is to be told. */
export interface CheckRequest {
  /** Absolute, without symlinks. */
  readonly root: string;
  readonly names: readonly Name[];
  readonly format: Format;
  readonly baseline: {
    /** Absolute. */
    readonly file: string;
    /** As the user would name it. */
    readonly called: string;
    /** False for the usual one, which may be missing. */
    readonly isAskedFor: boolean;
    readonly write: boolean;
  };
  readonly databaseUrl: string | undefined;
  readonly fix: boolean;
}

/** @throws UserError with exit code 2 for whatever cannot be meant */
export function readRequest(given: Given): CheckRequest {
  const root = readRoot(given.root);
  const names = readNames(given, root);
  if (given.writeBaseline && !names.some(isWall))
    throw wrong('--write-baseline writes what walls find, and --only names none.', `Add some of ${WALLS.join(',')}.`);
  return {
    root,
    names,
    format: readFormat(given.format),
    baseline: {
      file: given.baseline === undefined ? join(root, USUAL_FILE) : resolve(given.baseline),
      called: given.baseline ?? USUAL_FILE,
      isAskedFor: given.baseline !== undefined,
      write: given.writeBaseline,
    },
    databaseUrl: given.database,
    fix: given.fix,
  };
}

/** The folder to look at, which has modules. @throws UserError */
export function readRoot(given = projectRoot): string {
  const path = resolve(given);
  if (!existsSync(path)) throw wrong(`There is no ${path}.`, 'Give --root the folder that holds src/modules.');
  if (!statSync(path).isDirectory())
    throw wrong(`${path} is no folder.`, 'Give --root the folder that holds src/modules.');
  const modules = join(path, 'src/modules');
  if (!statSync(modules, { throwIfNoEntry: false })?.isDirectory())
    throw wrong(`${path} has no src/modules, so there is nothing to check.`, 'Give --root the folder that holds it.');
  return realpathSync(path);
}

/** Without --only everything; of another project than this one the walls alone, since its tools are its own. */
function readNames({ only, writeBaseline }: Given, root: string): Name[] {
  const isThisProject = root === realpathSync(projectRoot);
  if (only === undefined) return NAMES.filter((name) => isWall(name) || (isThisProject && !writeBaseline));
  const names = [...new Set(only.split(',').map((name) => name.trim()))].map((name) => {
    const known = NAMES.find((each) => each === name);
    if (known === undefined) throw wrong(`There is no check "${name}".`, `Give --only some of ${NAMES.join(',')}.`);
    return known;
  });
  const [foreign] = names.filter((name) => !isWall(name));
  if (foreign !== undefined && !isThisProject)
    throw wrong(
      `"${foreign}" checks the project that the command belongs to, and --root names another.`,
      `Leave ${HOUSEKEEPING.join(', ')} to that project's own tools: give --only some of ${WALLS.join(',')}.`,
    );
  return NAMES.filter((name) => names.includes(name));
}

function readFormat(format: string): Format {
  const known = FORMATS.find((each) => each === format);
  if (known === undefined)
    throw wrong(`There is no format "${format}".`, `Give --format one of ${FORMATS.join(', ')}.`);
  return known;
}

const wrong = (sentence: string, mend: string): UserError => new UserError(sentence, mend, 2);
