import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Files as they were at a moment. */
export interface Snapshot {
  /** Makes them again what they were. */
  undo(): void;
  /** What has come and changed since, sorted. */
  differences(): Written;
}

/** Files below the root. */
export interface Written {
  readonly created: readonly string[];
  readonly changed: readonly string[];
}

/** Remembers files and whole folders below `root`, present or not. */
export function snapshot(root: string, paths: readonly string[]): Snapshot {
  const before = new Map(
    paths.flatMap((path) => filesAt(root, path)).map((file) => [file, readFileSync(join(root, file))]),
  );
  const emptied = paths.filter((path) => !existsSync(join(root, path)));
  const now = () => paths.flatMap((path) => filesAt(root, path)).sort();
  const isAsBefore = (file: string) =>
    existsSync(join(root, file)) && readFileSync(join(root, file)).equals(before.get(file) as Buffer);
  return {
    undo() {
      for (const path of emptied) rmSync(join(root, path), { recursive: true, force: true });
      for (const file of now()) if (!before.has(file)) removeUpwards(root, file);
      for (const [file, content] of before) {
        if (isAsBefore(file)) continue;
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), content);
      }
    },
    differences: () => ({
      created: now().filter((file) => !before.has(file)),
      changed: now().filter((file) => before.has(file) && !isAsBefore(file)),
    }),
  };
}

function filesAt(root: string, path: string): string[] {
  const at = join(root, path);
  if (!existsSync(at)) return [];
  if (!statSync(at).isDirectory()) return [path];
  return readdirSync(at, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(path, entry.parentPath.slice(at.length), entry.name));
}

/** The file, and the folders that are empty without it. */
function removeUpwards(root: string, file: string): void {
  rmSync(join(root, file), { force: true });
  for (let folder = dirname(file); folder !== '.' && isEmpty(join(root, folder)); folder = dirname(folder))
    rmSync(join(root, folder), { recursive: true });
}

function isEmpty(folder: string): boolean {
  return readdirSync(folder).length === 0;
}
