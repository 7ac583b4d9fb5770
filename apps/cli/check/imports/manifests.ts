import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folderOf } from './source-tree.js';
import type { DependencyType } from './target.js';

const KINDS: Readonly<Record<string, DependencyType>> = {
  dependencies: 'npm',
  devDependencies: 'npm-dev',
  optionalDependencies: 'npm-optional',
  peerDependencies: 'npm-peer',
};

/** What the package.json next above a file says about packages. */
export interface Manifests {
  /** How the file's package.json declares a package; `npm-no-pkg` when it does not. */
  typesOf(name: string, folder: string): readonly DependencyType[];
}

export function readManifests(root: string): Manifests {
  const byFolder = new Map<string, ReadonlyMap<string, DependencyType[]> | undefined>();

  const declaredIn = (folder: string): ReadonlyMap<string, DependencyType[]> | undefined => {
    if (byFolder.has(folder)) return byFolder.get(folder);
    const text = readIfThere(join(root, folder, 'package.json'));
    const declared = text === undefined ? undefined : packagesOf(text);
    const found = text === undefined && folder !== '' ? declaredIn(folderOf(folder)) : declared;
    byFolder.set(folder, found);
    return found;
  };

  return {
    typesOf(name, folder) {
      const declared = declaredIn(folder);
      if (declared === undefined) return ['npm-unknown'];
      return declared.get(name) ?? declared.get(typesPackageOf(name)) ?? ['npm-no-pkg'];
    },
  };
}

/** Undefined for what is no package.json. */
function packagesOf(text: string): ReadonlyMap<string, DependencyType[]> | undefined {
  const manifest = parse(text);
  if (typeof manifest !== 'object' || manifest === null) return undefined;
  const declared = new Map<string, DependencyType[]>();
  for (const [key, type] of Object.entries(KINDS)) {
    const packages = (manifest as Record<string, unknown>)[key];
    for (const name of Object.keys(typeof packages === 'object' && packages !== null ? packages : {}))
      declared.set(name, [...(declared.get(name) ?? []), type]);
  }
  return declared;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Where the types of a package are that brings none. */
const typesPackageOf = (name: string): string => `@types/${name.replace(/^@([^/]+)\//, '$1__')}`;

/** `@scope/name` of `@scope/name/deep/inside`, `name` of `name/deep/inside`. */
export function packageOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
