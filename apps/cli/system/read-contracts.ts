import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { projectRoot } from '../project-root.js';
import type { ContractFound, LoadedContract } from './contract-found.js';
import type { FromLoader, ToLoader } from './contract-loader.js';
import { exportedConstants } from './exported-constants.js';
import { codeOf, moduleFolders, sourcesOf } from './module-files.js';

export type { ContractFound, JsonSchema } from './contract-found.js';

/** A file in a `contract/` that could not be loaded, and why, in one line. */
export interface UnreadableContract {
  readonly file: string;
  readonly reason: string;
}

export interface ContractsRead {
  /** By name. */
  readonly contracts: ContractFound[];
  readonly unreadable: UnreadableContract[];
}

/** How long a file may take to load, in milliseconds. */
const PATIENCE = 20_000;
/** And once one of them has not come to an end, each of the others. In milliseconds. */
const LESS_PATIENCE = 3_000;

/**
 * The messages that the modules below `root` declare, by loading their contracts in a thread of its own: one that throws,
 * ends the program or never comes to an end is told of under `unreadable`. A tree without packages or without a kernel of
 * its own is read with those of this project.
 */
export async function readContracts(root: string, patience = PATIENCE): Promise<ContractsRead> {
  // Held by this thread too: a native addon that was unloaded with the one thread that had it ends the process when a
  // next one loads it.
  await import('@swc/core');
  const contracts: ContractFound[] = [];
  const unreadable: UnreadableContract[] = otherCode(root).map((file) => ({ file, reason: 'is no .ts file' }));
  for (
    let left: readonly string[] = contractFiles(root), wait = patience;
    left.length > 0;
    wait = Math.min(wait, LESS_PATIENCE)
  ) {
    const { loaded, refused, rest } = await load(root, left, wait);
    const { declared, hidden } = declaredOnes(loaded.flatMap((each) => found(root, each)));
    contracts.push(...declared);
    unreadable.push(...refused, ...hidden);
    left = rest;
  }
  return { contracts: contracts.sort(byName), unreadable };
}

/** Below the root, with slashes: every source in a module's `contract/` that is no test. */
export function contractFiles(root: string): string[] {
  return moduleFolders(root).flatMap((module) =>
    sourcesOf(root, module).filter((file) => isInContract(file) && file.endsWith('.ts')),
  );
}

/** Code that stands beside them, and which nobody could load as a contract. */
function otherCode(root: string): string[] {
  return moduleFolders(root).flatMap((module) =>
    codeOf(root, module).filter((file) => isInContract(file) && !file.endsWith('.ts')),
  );
}

/** Whether a file, below the root, is in the `contract/` of its module. */
export function isInContract(file: string): boolean {
  return file.split('/')[3] === 'contract';
}

/** What a thread ends with in which a module awaits and nothing is left that could happen. */
const NEVER = 13;

interface Loading {
  readonly loaded: { readonly file: string; readonly contracts: readonly LoadedContract[] }[];
  readonly refused: UnreadableContract[];
  /** What comes after a file that was cut off. */
  rest: readonly string[];
}

const LOADER = new URL(`./contract-loader${extname(import.meta.filename)}`, import.meta.url);

function load(root: string, files: readonly string[], patience: number): Promise<Loading> {
  const loading: Loading = { loaded: [], refused: [], rest: [] };
  const workerData: ToLoader = { root, project: projectRoot, files };
  const worker = new Worker(LOADER, { workerData, stdout: true, stderr: true, execArgv: ['--no-warnings'] });
  worker.stdout.resume();
  worker.stderr.resume();
  return new Promise((resolve) => {
    let alarm: NodeJS.Timeout | undefined;
    let isOver = false;
    const refuse = (file: string, reason: string) =>
      loading.refused.push({ file, reason: reason.replaceAll(join(root, '/'), '') });
    const end = (reason: string) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(alarm);
      // They are loaded one after the other, so this is the one that has no answer.
      const at = loading.loaded.length + loading.refused.length;
      const blamed = files[at];
      if (blamed !== undefined) refuse(blamed, reason);
      loading.rest = files.slice(at + 1);
      worker.terminate().then(() => resolve(loading));
    };
    const watch = (within: number) => {
      clearTimeout(alarm);
      alarm = setTimeout(() => end(`it has not come to the end of loading within ${within / 1000} s`), within);
    };
    // Until the first begins, what all of them need is loaded.
    watch(PATIENCE);
    worker.on('message', (message: FromLoader) => {
      if (isOver) return;
      watch(patience);
      if ('reason' in message) refuse(message.file, message.reason);
      else if ('contracts' in message) loading.loaded.push(message);
    });
    worker.on('error', (error) => end(oneLine(error.message)));
    worker.on('exit', (code) =>
      end(code === NEVER ? 'it awaits what never happens' : 'it ends the program that loads it'),
    );
  });
}

interface Export {
  readonly contract: ContractFound;
  /** The same for one contract that several files export. */
  readonly identity: number;
  readonly isByItself: boolean;
  readonly isDeclaredHere: boolean;
}

function found(root: string, { file, contracts }: Loading['loaded'][number]): Export[] {
  const [, , module = ''] = file.split('/');
  const constants = exportedConstants(readFileSync(join(root, file), 'utf8'));
  return contracts.map(({ identity, isByItself, ...contract }) => {
    const declared = constants.get(contract.exportName);
    const { line = 1, meaning = '' } = declared ?? {};
    const isDeclaredHere = declared !== undefined;
    return { contract: { module, file, line, meaning, ...contract }, identity, isByItself, isDeclaredHere };
  });
}

/** Of a contract that other files hand on, the place where it is declared; and those that are only parts of something else. */
function declaredOnes(exports: readonly Export[]): { declared: ContractFound[]; hidden: UnreadableContract[] } {
  const byIdentity = [...Map.groupBy(exports, ({ identity }) => identity).values()];
  const declared = byIdentity.flatMap((same) => {
    const alone = same.filter(({ isByItself }) => isByItself);
    const found = alone.find(({ isDeclaredHere }) => isDeclaredHere) ?? alone[0];
    return found ? [found.contract] : [];
  });
  const hidden = byIdentity.flatMap(([first, ...others]) => {
    if (first === undefined || [first, ...others].some(({ isByItself }) => isByItself)) return [];
    const { file, name, exportName } = first.contract;
    return [{ file, reason: `${name} is a part of ${exportName}, and not exported by itself` }];
  });
  return { declared, hidden };
}

function byName(one: ContractFound, other: ContractFound): number {
  return one.name < other.name || (one.name === other.name && one.file < other.file) ? -1 : 1;
}

const oneLine = (text: string): string => text.split('\n')[0]?.trim() ?? '';
