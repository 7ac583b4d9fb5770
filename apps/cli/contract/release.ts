import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Golden, goldenFile, goldenText, readGoldens, revisionOf } from '../check/contracts/golden.js';
import { aboutItself, afterTheOthers, breaksOf, isReleased, namesIn } from '../check/contracts/judge.js';
import { type ContractFound, readContracts } from '../system/read-contracts.js';
import { UserError } from '../user-error.js';

export interface ReleaseOptions {
  /** Of which messages; of all of them where there are none. */
  readonly names?: readonly string[];
  /** Write nothing. */
  readonly dryRun?: boolean;
}

export interface Released {
  readonly name: string;
  /** Below the root. */
  readonly file: string;
  /** Whether it is released for the first time, or has got more than was released before. */
  readonly isFirst: boolean;
}

/**
 * Keeps what the messages below `root` say now as released. Those that say what they said are left alone.
 * @throws UserError when one of them cannot be released, or breaks what was; nothing is written then
 */
export async function release(root: string, { names = [], dryRun = false }: ReleaseOptions = {}): Promise<Released[]> {
  const goldens = readGoldens(root);
  const contracts = await loaded(root);
  const chosen = choose(contracts, names);
  const taken = namesIn(contracts, goldens);
  const known = new Map(goldens.flatMap(({ golden }) => (golden ? [[golden.name, golden]] : [])));
  const flaws = new Map(goldens.map(({ file, flaw }) => [file, flaw]));
  const problems = chosen.flatMap((contract) => {
    const flaw = flaws.get(goldenFile(contract.module, contract.name));
    return flaw ? [`${goldenFile(contract.module, contract.name)} ${flaw}`] : problemsOf(contract, known, taken);
  });
  if (problems.length > 0)
    throw new UserError(
      `Nothing was released:\n${problems.map((problem) => `  ${problem}`).join('\n')}`,
      'Take a break back, or declare the next major version: docs/contracts.md. Restore a file that was changed by hand.',
    );
  const due = chosen.flatMap((contract) => {
    const golden = known.get(contract.name);
    return golden && isReleased(contract, golden) ? [] : [{ contract, golden: withRevision(contract, golden) }];
  });
  return due.map(({ contract: { module, name }, golden }) => {
    const file = goldenFile(module, name);
    if (!dryRun) write(root, file, golden);
    return { name, file, isFirst: golden.revisions.length === 1 };
  });
}

/**
 * Notes that nobody publishes or reads a message any more, so that its contract may go.
 * @throws UserError when it is still declared, or was never released
 */
export async function retire(root: string, name: string): Promise<string> {
  const contract = (await loaded(root)).find((each) => each.name === name);
  if (contract)
    throw new UserError(
      `${name} is still declared, in ${contract.file}.`,
      'Remove its contract first, and with it all that publishes and reads it.',
    );
  const found = readGoldens(root).find(({ golden }) => golden?.name === name);
  if (!found?.golden)
    throw new UserError(`${name} was never released.`, 'Give the full name, as orders.order-placed.v1.');
  const { revisions, ...about } = found.golden;
  write(root, found.file, { ...about, retired: true, revisions });
  return found.file;
}

async function loaded(root: string): Promise<ContractFound[]> {
  const { contracts, unreadable } = await readContracts(root);
  if (unreadable.length === 0) return contracts;
  const lines = unreadable.map(({ file, reason }) => `  ${file}: ${reason}`);
  throw new UserError(`Some contracts cannot be read:\n${lines.join('\n')}`, 'Mend them first.');
}

function choose(contracts: readonly ContractFound[], names: readonly string[]): readonly ContractFound[] {
  if (names.length === 0) return contracts;
  const unknown = names.filter((name) => !contracts.some((contract) => contract.name === name));
  if (unknown.length > 0)
    throw new UserError(
      `No module declares ${unknown.join(', ')}.`,
      contracts.length === 0
        ? 'No module declares any message.'
        : `There are:\n${contracts.map(({ name }) => `  ${name}`).join('\n')}`,
    );
  return contracts.filter(({ name }) => names.includes(name));
}

function problemsOf(contract: ContractFound, known: ReadonlyMap<string, Golden>, taken: readonly string[]): string[] {
  const itself = [...aboutItself(contract), ...afterTheOthers(contract, taken)];
  if (itself.length > 0) return itself.map(({ file, what }) => `${file}: ${what}`);
  const golden = known.get(contract.name);
  if (golden === undefined) return [];
  const { name, key } = contract;
  if (golden.retired) return [`${name} was retired; its name stays reserved`];
  return [
    ...(golden.key === key ? [] : [`${name} was ordered by ${golden.key}, and now by ${key}`]),
    ...breaksOf(contract, golden).map(({ path, what, why }) => `${name}: ${path} ${what}; ${why}`),
  ];
}

function withRevision(contract: ContractFound, before: Golden | undefined): Golden {
  const { name, kind, key } = contract;
  const revisions = [...(before?.revisions ?? []), revisionOf(contract)];
  return key === undefined ? { name, kind, revisions } : { name, kind, key, revisions };
}

function write(root: string, file: string, golden: Golden): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), goldenText(golden));
}
