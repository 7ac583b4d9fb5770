import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../project-root.js';
import { type ExtractionCache, openCache } from './cache.js';
import type { Form, Import } from './import.js';
import { createResolver } from './resolver.js';
import { isCode, readSourceTree, type SourceTree } from './source-tree.js';
import type { Target } from './target.js';

/** One file that depends on another, and by what. */
export interface Edge {
  readonly from: string;
  readonly to: Target;
  /** A link in the file system is a dependency too. */
  readonly form: Form | 'link';
  readonly specifier: string;
  readonly line: number | undefined;
}

/** Who imports whom, in every form there is. */
export interface ImportGraph {
  readonly tree: SourceTree;
  /** By file, sorted. */
  readonly edges: ReadonlyMap<string, readonly Edge[]>;
  /** Imports that cannot be told, without running them or at all. */
  readonly unreadable: readonly { readonly file: string; readonly found: Import }[];
}

/** Copies, not sources: seen when something imports them, and followed no further. */
const NOT_FOLLOWED = /^(\.\.\/|dist\/)|(^|\/)node_modules\//;

/** Reads the whole graph below `root`. */
export function readGraph(root: string, signal?: AbortSignal): ImportGraph {
  const tree = readSourceTree(root);
  const cache = openCache(tree.root);
  const resolve = createResolver(tree, projectRoot);
  const edges = new Map<string, Edge[]>();
  const unreadable: { file: string; found: Import }[] = [];

  const read = (file: string): void => {
    const own: Edge[] = [];
    edges.set(file, own);
    for (const found of importsOf(tree.root, file, cache)) {
      if (found.form === 'unreadable' || found.form === 'broken') {
        unreadable.push({ file, found });
        continue;
      }
      const to = resolve(file, found);
      if (to !== undefined)
        own.push({ from: file, to, form: found.form, specifier: found.specifier, line: found.line });
    }
  };

  const files = [...tree.files].filter(isCode).sort();
  for (const file of files) {
    signal?.throwIfAborted();
    read(file);
  }
  for (const [link, target] of tree.links) edges.set(link, [linkEdge(link, target)]);
  followBeyond(tree.root, edges, read);
  cache.save();
  return { tree, edges, unreadable };
}

/** Files beside the sources are read when an import leads to them. */
function followBeyond(root: string, edges: Map<string, Edge[]>, read: (file: string) => void): void {
  const targets = function* () {
    for (const own of edges.values()) for (const edge of own) yield edge;
  };
  // What is read here is added behind what is gone through, and so gone through as well.
  for (const { to } of targets()) {
    const isFollowed = !to.couldNotResolve && isCode(to.path) && !NOT_FOLLOWED.test(to.path);
    if (isFollowed && !edges.has(to.path) && existsSync(join(root, to.path))) read(to.path);
  }
}

/** A file that has gone since it was listed imports nothing. */
function importsOf(root: string, file: string, cache: ExtractionCache): readonly Import[] {
  try {
    return cache.importsOf(file, readFileSync(join(root, file)));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function linkEdge(from: string, target: string | undefined): Edge {
  const to: Target =
    target === undefined
      ? { path: from, types: ['unknown'], couldNotResolve: true }
      : { path: target, types: ['local'], couldNotResolve: false };
  return { from, to, form: 'link', specifier: to.path, line: undefined };
}
