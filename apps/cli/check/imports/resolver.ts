import { existsSync, realpathSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import type { Import } from './import.js';
import { packageOf, readManifests } from './manifests.js';
import { compilerOptions } from './options.js';
import { belowRoot, folderOf, SOURCES, type SourceTree } from './source-tree.js';
import type { DependencyType, Target } from './target.js';

/** Tells where an import of a file leads; undefined when it names nothing that could be a dependency. */
export type Resolve = (file: string, found: Import) => Target | undefined;

const isRelative = (specifier: string): boolean => /^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier);
const PACKAGES = 'node_modules/';

/**
 * Resolves by TypeScript's own rules with the root's tsconfig.json and package.json, over the files that were found.
 * @param packagesFrom a project whose packages are taken when none are installed below the root
 */
export function createResolver(tree: SourceTree, packagesFrom: string): Resolve {
  const { root } = tree;
  const files = fileSystemOver(tree);
  const modules = moduleResolver(tree, files);
  const manifests = readManifests(root);
  const hasPackages = existsSync(posix.join(root, PACKAGES));

  /** Where a file lies, links resolved. */
  const placeOf = (absolute: string): string => {
    const path = belowRoot(root, files.realpath(absolute));
    return path.startsWith('../') && path.includes(`/${PACKAGES}`) ? path.slice(path.indexOf(PACKAGES)) : path;
  };

  const typesOf = (path: string, specifier: string | undefined, folder: string): readonly DependencyType[] => {
    if (!path.includes(PACKAGES)) return ['local'];
    const isNamed = specifier !== undefined && !isRelative(specifier) && !/^#|^\w+:/.test(specifier);
    const named = isNamed ? specifier : path.slice(path.lastIndexOf(PACKAGES) + PACKAGES.length);
    return manifests.typesOf(packageOf(named), folder);
  };

  const found = (absolute: string, specifier: string | undefined, folder: string): Target => {
    const path = placeOf(absolute);
    return { path, types: typesOf(path, specifier, folder), couldNotResolve: false };
  };

  /** A package that is declared counts as there when none are installed at all. */
  const resolvePackage = (specifier: string, folder: string, mode: ts.ResolutionMode): Target | undefined => {
    if (hasPackages || specifier.startsWith('#') || isRelative(specifier)) return undefined;
    const elsewhere = modules(specifier, packagesFrom, mode);
    if (elsewhere !== undefined) {
      const path = elsewhere.slice(Math.max(0, elsewhere.indexOf(PACKAGES)));
      return { path, types: typesOf(path, specifier, folder), couldNotResolve: false };
    }
    const types = manifests.typesOf(packageOf(specifier), folder);
    if (types.some((type) => type === 'npm-no-pkg' || type === 'npm-unknown')) return undefined;
    return { path: `${PACKAGES}${packageOf(specifier)}/`, types, couldNotResolve: false };
  };

  const resolveModule = (file: string, specifier: string, mode: ts.ResolutionMode): Target | undefined => {
    if (isBuiltin(specifier)) return { path: plainNameOf(specifier), types: ['core'], couldNotResolve: false };
    const folder = folderOf(file);
    // A part after `?` is the loader's affair.
    for (const name of new Set([specifier, specifier.replace(/\?.*$/s, '')])) {
      const path = name.startsWith('file:') ? pathOfUrl(name) : name;
      if (path === undefined) continue;
      const absolute = modules(path, posix.join(root, folder), mode);
      if (absolute !== undefined) return found(absolute, specifier, folder);
      const plain = isRelative(path) ? posix.resolve(root, folder, path) : undefined;
      if (plain !== undefined && files.fileExists(plain)) return found(plain, specifier, folder);
    }
    return resolvePackage(specifier, folder, mode);
  };

  /** A file or folder that is named by its path, compiled or not; it need not be there. */
  const resolvePath = (absolute: string, folder: string): Target => {
    if (files.fileExists(absolute)) return found(absolute, undefined, folder);
    if (files.directoryExists(absolute.replace(/\/$/, ''))) {
      const target = found(absolute.replace(/\/$/, ''), undefined, folder);
      return { ...target, path: `${target.path}/` };
    }
    return found(modules(absolute, root, ts.ModuleKind.ESNext) ?? absolute, undefined, folder);
  };

  const resolveUrl = (file: string, specifier: string): Target | undefined => {
    const url = parseUrl(specifier, pathToFileURL(posix.join(root, file)));
    if (url?.protocol === 'node:') return resolveModule(file, url.href, ts.ModuleKind.ESNext);
    const absolute = url?.protocol === 'file:' ? pathOfUrl(url) : undefined;
    if (absolute === undefined) return undefined;
    const target = resolvePath(absolute, folderOf(file));
    // The folders that a file is in are where it looks from, not what it looks at.
    return target.path.endsWith('/') && (target.path === '/' || file.startsWith(target.path)) ? undefined : target;
  };

  /** A path from the folder of the process, which is the root's, or, mistaken or not, from that of the file. */
  const resolveStart = (file: string, specifier: string): Target | undefined => {
    if (specifier.startsWith('file:')) return resolveUrl(file, specifier);
    const fromRoot = resolvePath(posix.resolve(root, specifier), folderOf(file));
    if (tree.files.has(fromRoot.path)) return fromRoot;
    const fromFile = resolvePath(posix.resolve(root, folderOf(file), specifier), folderOf(file));
    return tree.files.has(fromFile.path) ? fromFile : fromRoot;
  };

  const resolveAny = (file: string, { form, specifier }: Import): Target | undefined => {
    if (form === 'url') return resolveUrl(file, specifier);
    if (form === 'start') return resolveStart(file, specifier);
    if (form === 'types') {
      const absolute = modules.types(specifier, posix.join(root, folderOf(file)));
      return absolute === undefined
        ? resolvePackage(specifier, folderOf(file), ts.ModuleKind.ESNext)
        : found(absolute, specifier, folderOf(file));
    }
    const name = form === 'path' && !isRelative(specifier) ? `./${specifier}` : specifier;
    return resolveModule(file, name, form === 'require' ? ts.ModuleKind.CommonJS : ts.ModuleKind.ESNext);
  };

  return (file, found) => {
    const target = resolveAny(file, found);
    // A word that is given to a program need not be a file at all.
    if (found.form === 'start' && found.mayBeMissing && !files.fileExists(posix.resolve(root, target?.path ?? '')))
      return undefined;
    if (target !== undefined) return found.isTypeOnly ? { ...target, types: [...target.types, 'type-only'] } : target;
    if (found.mayBeMissing || found.form === 'url') return undefined;
    return { path: found.specifier, types: ['unknown'], couldNotResolve: true };
  };
}

/** `fs` of `node:fs`; some parts of Node go by the long name alone. */
function plainNameOf(builtin: string): string {
  const plain = builtin.replace(/^node:/, '');
  return isBuiltin(plain) ? plain : builtin;
}

function parseUrl(url: string, base: URL): URL | undefined {
  return URL.canParse(url, base.href) ? new URL(url, base) : undefined;
}

/** Undefined where the URL names no path, as one of another host. */
function pathOfUrl(url: string | URL): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

interface FileSystem extends ts.ModuleResolutionHost {
  fileExists(absolute: string): boolean;
  directoryExists(absolute: string): boolean;
  realpath(absolute: string): string;
}

/** What is below the sources is answered from what was found there; the rest by looking, once. */
function fileSystemOver({ root, files, folders, links }: SourceTree): FileSystem {
  const inSources = (absolute: string): string | undefined => {
    if (!absolute.startsWith(`${root}/`)) return undefined;
    const path = absolute.slice(root.length + 1);
    return SOURCES.some((source) => path.startsWith(`${source}/`)) ? path : undefined;
  };
  /** Behind a link, and in packages within the sources, nothing was looked for. */
  const isKnown = (path: string): boolean => links.size === 0 && !path.includes(`/${PACKAGES}`);
  const lookAt = once((absolute: string) => statSync(absolute, { throwIfNoEntry: false }));
  const realpathOf = once((absolute: string) => (existsSync(absolute) ? realpathSync(absolute) : absolute));
  return {
    fileExists(absolute) {
      const path = inSources(absolute);
      if (path !== undefined && files.has(path)) return true;
      return path !== undefined && isKnown(path) ? false : (lookAt(absolute)?.isFile() ?? false);
    },
    directoryExists(absolute) {
      const path = inSources(absolute);
      if (path !== undefined && folders.has(path)) return true;
      return path !== undefined && isKnown(path) ? false : (lookAt(absolute)?.isDirectory() ?? false);
    },
    realpath(absolute) {
      const path = inSources(absolute);
      // Links are noted by where they are, so what was found is found where it lies.
      return path !== undefined && files.has(path) ? absolute : realpathOf(absolute);
    },
    readFile: (absolute) => ts.sys.readFile(absolute),
    getCurrentDirectory: () => root,
    useCaseSensitiveFileNames: true,
  };
}

function once<Value>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>();
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key) as Value;
  };
}

interface ModuleResolver {
  /** The file that a module's name leads to, seen from an absolute folder. */
  (specifier: string, folder: string, mode: ts.ResolutionMode): string | undefined;
  types(name: string, folder: string): string | undefined;
}

function moduleResolver(tree: SourceTree, files: FileSystem): ModuleResolver {
  const options = compilerOptions(tree.root);
  const cache = ts.createModuleResolutionCache(tree.root, (path) => path, options);
  const scopeOf = scopesOf(tree);
  const known = new Map<string, string | undefined>();

  const resolve = (specifier: string, folder: string, mode: ts.ResolutionMode): string | undefined => {
    const resolved = ts.resolveModuleName(specifier, `${folder}/_.ts`, options, files, cache, undefined, mode);
    return resolved.resolvedModule?.resolvedFileName;
  };
  /** What a bundler or Jest would find counts too: better to judge where it leads than to say that it leads nowhere. */
  const resolveEither = (specifier: string, folder: string, mode: ts.ResolutionMode): string | undefined => {
    const other = mode === ts.ModuleKind.CommonJS ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
    return resolve(specifier, folder, mode) ?? resolve(specifier, folder, other);
  };

  const byName = (specifier: string, folder: string, mode: ts.ResolutionMode): string | undefined => {
    // Where a relative name leads depends on where it points, any other on which package.json and packages are next above.
    const [where, from] = isRelative(specifier)
      ? [`${posix.resolve(folder, specifier)}${/(^|\/)\.{0,2}$/.test(specifier) ? '/' : ''}`, folder]
      : [`${scopeOf(folder)}\0${specifier}`, scopeOf(folder)];
    const key = `${mode}\0${where}`;
    if (!known.has(key)) known.set(key, resolveEither(specifier, from, mode));
    return known.get(key);
  };
  return Object.assign(byName, {
    types: (name: string, folder: string) =>
      ts.resolveTypeReferenceDirective(name, `${folder}/_.ts`, options, files).resolvedTypeReferenceDirective
        ?.resolvedFileName,
  });
}

/** The next folder above another that has a package.json or packages of its own. */
function scopesOf({ root, files, withPackages }: SourceTree): (folder: string) => string {
  const scopes = new Set(withPackages);
  for (const path of files) if (path.endsWith('/package.json')) scopes.add(folderOf(path));
  return (folder) => {
    if (!folder.startsWith(`${root}/`)) return folder;
    let path = folder.slice(root.length + 1);
    while (path !== '' && !scopes.has(path)) path = folderOf(path);
    return path === '' ? root : posix.join(root, path);
  };
}
