import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = 'src/modules';

/** The folders of the modules below `root`, sorted: those that hold a file, through a symlink too. */
export function moduleFolders(root: string): string[] {
  const folder = join(root, MODULES);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !name.startsWith('.') && holdsAFile(join(folder, name)))
    .sort();
}

/** Those of them that declare themselves: what has no module.json yet is not begun. */
export function declaredModules(root: string): string[] {
  return moduleFolders(root).filter((name) => existsSync(join(root, MODULES, name, 'module.json')));
}

/** The sources of a module, below the root with slashes; without its tests and what only they need. */
export function sourcesOf(root: string, module: string): string[] {
  return codeOf(root, module).filter((path) => /\.[cm]?tsx?$/.test(path));
}

/** The same with those in JavaScript. */
export function codeOf(root: string, module: string): string[] {
  const folder = join(root, MODULES, module);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => isCode(path.replaceAll('\\', '/')) && isFile(join(folder, path)))
    .map((path) => `${MODULES}/${module}/${path.replaceAll('\\', '/')}`)
    .sort();
}

/** The module that a file below the root belongs to. */
export function moduleOf(file: string): string | undefined {
  return /^src\/modules\/([^/]+)\//.exec(file)?.[1];
}

function isCode(path: string): boolean {
  if (!/\.[cm]?[jt]sx?$/.test(path) || /\.(?:d|spec|test)\.[cm]?[jt]sx?$/.test(path)) return false;
  return !path.split('/').some((folder) => folder === 'testing' || folder === 'node_modules');
}

/** Some editors leave links that lead nowhere, named as the file that is being edited. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function holdsAFile(folder: string): boolean {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false;
  return readdirSync(folder, { recursive: true, withFileTypes: true }).some((entry) => !entry.isDirectory());
}
