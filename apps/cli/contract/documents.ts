import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { loadingModules, ModulesNotLoaded } from '../system/loading-modules.js';
import { type ContractsRead, readContracts } from '../system/read-contracts.js';
import { asyncApi } from './asyncapi.js';

const MESSAGES = 'docs/asyncapi.json';
const ROUTES = 'docs/openapi.json';
export const DOCUMENTS: readonly string[] = [MESSAGES, ROUTES];

/** A document that is not what the sources say, and the first place where it differs. */
export interface Stale {
  /** Below the root, with slashes. */
  readonly file: string;
  readonly what: string;
}

/** Writes the documents for programs in other languages anew; answers which, by their places below `root`. */
export async function writeDocuments(root: string): Promise<string[]> {
  const read = await readContracts(root);
  const files = placesIn(root);
  for (const file of files) {
    const text = textOf(await fresh(root, file, read));
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return files;
}

/** The documents below `root` that are not there, or are not what the sources say. */
export async function missingOrStale(root: string): Promise<string[]> {
  const missing = placesIn(root).filter((file) => !existsSync(join(root, file)));
  const stale = await staleDocuments(root, await readContracts(root), () => undefined);
  return [...missing, ...stale.map(({ file }) => file)];
}

/** Those among the documents that are kept below `root` which are not what the sources say. */
export async function staleDocuments(root: string, read: ContractsRead, say: (line: string) => void): Promise<Stale[]> {
  if (root !== projectRoot && existsSync(join(root, ROUTES)))
    say(`${ROUTES} was left out: only a project's own seamline can put its routes together.`);
  // What cannot be read is told of by itself, and would make everything else look stale.
  if (read.unreadable.length > 0) return [];
  const kept = placesIn(root).filter((file) => existsSync(join(root, file)));
  const compared = kept.map(async (file) => {
    const document = await fresh(root, file, read).catch((error: unknown) => {
      if (!(error instanceof ModulesNotLoaded)) throw error;
      say(`${file} was left out: ${error.reason}.`);
    });
    if (document === undefined) return [];
    const what = differenceFrom(readFileSync(join(root, file), 'utf8'), document);
    return what === undefined ? [] : [{ file, what }];
  });
  return (await Promise.all(compared)).flat();
}

/** The HTTP API is told by the modules themselves, and only those of this program are in it. */
function placesIn(root: string): string[] {
  return DOCUMENTS.filter((file) => file !== ROUTES || root === projectRoot);
}

async function fresh(root: string, file: string, read: ContractsRead): Promise<object> {
  if (file === ROUTES) {
    const { openApi } = await loadingModules(() => import('./openapi.js'));
    return openApi();
  }
  const { readHandlers } = await import('../system/read-handlers.js');
  return asyncApi({ title: nameOf(root), contracts: read.contracts, handlers: readHandlers(root) });
}

function nameOf(root: string): string {
  const file = join(root, 'package.json');
  const { name }: { name?: unknown } = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  return typeof name === 'string' ? name : basename(root);
}

const textOf = (document: object): string => `${JSON.stringify(document, null, 2)}\n`;

function differenceFrom(text: string, document: object): string | undefined {
  let kept: unknown;
  try {
    kept = JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  const place = firstDifference(kept, JSON.parse(JSON.stringify(document)), []);
  return place && `is not what the sources say, first at ${place.join(' › ') || 'its top'}`;
}

function firstDifference(one: unknown, other: unknown, path: readonly string[]): readonly string[] | undefined {
  if (Object.is(one, other)) return undefined;
  const isComparable = [one, other].every((each) => typeof each === 'object' && each !== null);
  if (!isComparable || Array.isArray(one) !== Array.isArray(other)) return path;
  const [before, after] = [one, other] as Record<string, unknown>[];
  for (const name of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    const found = firstDifference(before?.[name], after?.[name], [...path, name]);
    if (found) return found;
  }
  return undefined;
}
