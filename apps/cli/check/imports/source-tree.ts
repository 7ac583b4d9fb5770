import { readdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Where the sources of a repository are; what lies elsewhere is only looked at when one of these leads there. */
export const SOURCES = ['src', 'apps', 'test'] as const;

/** What is below the sources. All paths are below the root, with slashes. */
export interface SourceTree {
  /** Absolute, without links on the way. */
  readonly root: string;
  /** Of any kind, without those behind links. */
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
  /** Links, and where they lead; a folder ends with a slash. */
  readonly links: ReadonlyMap<string, string | undefined>;
  /** Folders that hold packages of their own. */
  readonly withPackages: ReadonlySet<string>;
}

/** A link to nowhere, by which Emacs says that somebody has a file open. */
const EDITORS_LOCK = '.#';

const CODE = /[.][cm]?[jt]sx?$/;

export const isCode = (path: string): boolean => CODE.test(path);

/** Reads which files there are. A link is noted and not followed: what it leads to is read where it is. */
export function readSourceTree(root: string): SourceTree {
  const tree = {
    root: realpathSync(root),
    files: new Set<string>(),
    folders: new Set<string>(),
    links: new Map<string, string | undefined>(),
    withPackages: new Set<string>(),
  };
  const read = (folder: string): void => {
    tree.folders.add(folder);
    for (const entry of readdirSync(join(tree.root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isSymbolicLink() && entry.name.startsWith(EDITORS_LOCK)) continue;
      if (entry.name === 'node_modules') tree.withPackages.add(folder);
      else if (entry.isSymbolicLink()) tree.links.set(path, targetOf(tree.root, path));
      else if (entry.isDirectory()) read(path);
      else tree.files.add(path);
    }
  };
  const top = readdirSync(tree.root, { withFileTypes: true });
  for (const entry of top.filter(({ name }) => SOURCES.some((source) => source === name))) {
    if (entry.isSymbolicLink()) tree.links.set(entry.name, targetOf(tree.root, entry.name));
    else if (entry.isDirectory()) read(entry.name);
  }
  return tree;
}

/** Undefined for a link that leads nowhere. */
function targetOf(root: string, link: string): string | undefined {
  try {
    const target = realpathSync(join(root, link));
    return belowRoot(root, target) + (statSync(target).isDirectory() ? '/' : '');
  } catch {
    return undefined;
  }
}

/** The path below the root, with slashes; one elsewhere begins with `../`. */
export function belowRoot(root: string, absolute: string): string {
  if (absolute.startsWith(`${root}/`)) return absolute.slice(root.length + 1);
  return relative(root, absolute).split(sep).join('/');
}

/** The folder of a path below the root; the root itself is empty. */
export function folderOf(path: string): string {
  const folder = dirname(path);
  return folder === '.' ? '' : folder;
}
