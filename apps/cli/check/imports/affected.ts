import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { changedSince } from './git.js';
import { type ImportGraph, readGraph } from './graph.js';
import { isCode } from './source-tree.js';

/** What is written for people or measured beside the product, and reaches no module. */
const NO_CONCERN = /^(docs|bench|\.cache|\.github|\.vscode|\.idea)\/|^[^/]+[.]md$|^LICENSE$/;
const MODULE = /^src\/modules\/([^/]+)\//;

/**
 * The modules that a change can reach, sorted: those whose files have changed since `base`, and those whose files,
 * their tests among them, import what has changed, over any number of files. What all of them stand on (the kernel,
 * package.json, the topology and the like) reaches all.
 * @throws UserError when git cannot tell what has changed
 */
export async function affectedModules(root: string, base: string): Promise<string[]> {
  const changed = (await changedSince(root, base)).filter((path) => !NO_CONCERN.test(path));
  const graph = readGraph(root);
  const modules = modulesOf(graph);
  if (changed.some((path) => reachesAll(path, graph))) return modules;
  const reached = importersOf(startsOf(changed, graph), graph);
  const affected = new Set([...changed, ...reached].map((path) => MODULE.exec(path)?.[1]));
  return modules.filter((module) => affected.has(module));
}

function modulesOf({ tree }: ImportGraph): string[] {
  const found = [...tree.folders].map((folder) => MODULE.exec(`${folder}/`)?.[1]);
  return [...new Set(found.filter((module) => module !== undefined))].sort();
}

/** Of a file outside modules and apps that nothing imports, nobody can say who needs it, nor what a link was. */
function reachesAll(path: string, { edges, tree }: ImportGraph): boolean {
  if (tree.links.has(path)) return true;
  if (MODULE.test(path) || path.startsWith('apps/')) return false;
  if (!path.startsWith('test/')) return true;
  if (/[.]spec[.][cm]?[jt]sx?$/.test(path)) return false;
  return !existsSync(join(tree.root, path)) || !isCode(path) || !isImported(path, edges);
}

function isImported(path: string, edges: ImportGraph['edges']): boolean {
  for (const own of edges.values()) if (own.some(({ to }) => to.path === path)) return true;
  return false;
}

/**
 * The files to go on from. Who imported a file that is gone cannot be asked any more: it is somebody whose import leads
 * nowhere now. And what a module declares is part of what others know of it.
 */
function startsOf(changed: readonly string[], { edges, tree }: ImportGraph): string[] {
  const isGone = changed.some((path) => !existsSync(join(tree.root, path)));
  const declared = changed.filter((path) => /^src\/modules\/[^/]+\/module[.]json$/.test(path));
  const contracts = declared.map((path) => path.replace(/module[.]json$/, 'contract/'));
  const more = [...edges].filter(
    ([file, own]) =>
      contracts.some((contract) => file.startsWith(contract)) || (isGone && own.some(({ to }) => to.couldNotResolve)),
  );
  return [...changed, ...more.map(([file]) => file)];
}

/** All files that import one of these, over any number of files. */
function importersOf(starts: readonly string[], { edges }: ImportGraph): ReadonlySet<string> {
  const importers = new Map<string, string[]>();
  for (const [file, own] of edges) {
    for (const { to } of own) {
      const known = importers.get(to.path);
      if (known) known.push(file);
      else importers.set(to.path, [file]);
    }
  }
  const reached = new Set(starts);
  for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer);
  return reached;
}
