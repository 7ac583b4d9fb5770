import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourcesOf } from '../../system/module-files.js';
import { type ContractFound, isInContract } from '../../system/read-contracts.js';
import type { HandlerFound } from '../../system/read-handlers.js';

/** An event that modules take, and that nothing of its owner names any more. */
export interface Silenced {
  readonly contract: ContractFound;
  readonly takers: readonly string[];
}

/**
 * Events with a newer version that are still taken as they are, and of which no source of their owner speaks: nobody can
 * publish what they do not name.
 * @param handlers asked for only where there is such a version
 */
export function silenced(
  root: string,
  contracts: readonly ContractFound[],
  handlers: () => readonly HandlerFound[],
): Silenced[] {
  const older = contracts.filter(
    ({ kind, name }) => kind === 'event' && contracts.some((each) => each.upcasts === name),
  );
  if (older.length === 0) return [];
  const all = handlers();
  return older.flatMap((contract) => {
    const takers = [...new Set(all.filter((handler) => takes(handler, contract)).map(({ module }) => module))].sort();
    return takers.length === 0 || isNamedByOwner(root, contract) ? [] : [{ contract, takers }];
  });
}

function takes({ kind, contract }: HandlerFound, { file, exportName }: ContractFound): boolean {
  return ['subscribe', 'saga'].includes(kind) && contract.file === file && contract.exportName === exportName;
}

function isNamedByOwner(root: string, { module, exportName }: ContractFound): boolean {
  const word = new RegExp(`\\b${exportName}\\b`);
  return sourcesOf(root, module).some(
    (file) => !isInContract(file) && word.test(readFileSync(join(root, file), 'utf8')),
  );
}
