import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { Files } from '../plan.js';
import { edited } from './edits.js';
import { fateOf } from './what-goes-along.js';

/** Folders of a checkout that hold nothing of its sources. */
const MADE = new Set(['.cache', '.git', '.seamline', 'coverage', 'dist', 'node_modules']);

/** What only running specs and reading about them need: the checks can do without. */
const BESIDE_THE_CHECKS = /\.spec\.ts$|\/testing\/|^(?:test|docs|src\/modules|\.github)\//;

/**
 * The files of this checkout that a new repository begins with, edited to stand alone.
 * @param name of the new one
 * @param scope `check` leaves out what no wall looks at: specs, what they need, and all modules
 */
export function sourcesOf(root: string, name: string, scope: 'project' | 'check'): Files {
  const files = filesBelow(root, root)
    .filter((file) => fateOf(file)?.goes)
    .filter((file) => scope === 'project' || !BESIDE_THE_CHECKS.test(file));
  return edited(Object.fromEntries(files.map((file) => [file, readFileSync(join(root, file), 'utf8')])), name);
}

/** Every file of a checkout by its path, but for what is made from the others. */
export function filesBelow(root: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) return entry.isFile() ? [relative(root, path).split(sep).join('/')] : [];
    return MADE.has(entry.name) ? [] : filesBelow(root, path);
  });
}
