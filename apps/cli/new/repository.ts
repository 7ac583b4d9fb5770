import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suggestion } from '#kernel/messaging/care/near-names';
import { UserError } from '../user-error.js';
import type { Change } from './plan.js';

/** A repository of this layout, as it stands. */
export interface Repository {
  readonly root: string;
  /** The names of its modules, which are those of the folders under src/modules. */
  readonly modules: readonly string[];
  has(path: string): boolean;
  /** @throws UserError for a file that is not there */
  read(path: string): string;
  /** The names of the files in a folder; none where it is missing. */
  filesIn(path: string): string[];
}

const MODULES = 'src/modules';

/** @throws UserError where there is no src/modules */
export function openRepository(root: string): Repository {
  if (!existsSync(join(root, MODULES)))
    throw new UserError(
      `${root} has no ${MODULES}, so it is no repository of this layout.`,
      'Give its folder by --root, or make one by "npx seamline new project DIR".',
    );
  return {
    root,
    modules: readdirSync(join(root, MODULES), { withFileTypes: true })
      .flatMap((entry) => (entry.isDirectory() ? entry.name : []))
      .sort(),
    has: (path) => existsSync(join(root, path)),
    read: (path) => {
      if (existsSync(join(root, path))) return readFileSync(join(root, path), 'utf8');
      throw new UserError(`${path} is missing.`, 'Nothing was written. Put it back, or write it as its neighbours do.');
    },
    filesIn: (path) => (existsSync(join(root, path)) ? readdirSync(join(root, path)).sort() : []),
  };
}

/** @throws UserError that names the nearest, for a module that there is not */
export function mustHaveModule({ modules }: Repository, name: string): void {
  if (!modules.includes(name)) throw new UserError(`There is no module "${name}".`, suggestion(name, modules));
}

/** A change of a file, by a function of its text. */
export function changeOf(repository: Repository, path: string, edit: (text: string) => string): Change {
  const before = repository.read(path);
  return { path, before, after: edit(before) };
}
