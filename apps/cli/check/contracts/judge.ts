import { basename } from 'node:path';
import { NAME } from '#kernel/contract/message';
import type { ContractFound, ContractsRead } from '../../system/read-contracts.js';
import type { Violation } from '../wall.js';
import { type Break, compare } from './compare.js';
import { type Golden, type GoldenFound, goldenFile, type Revision, revisionOf, schemasOf } from './golden.js';
import { canonical, strangeIn } from './keywords.js';
import type { RuleName } from './rules.js';

type Found = Violation & { readonly rule: RuleName };

/** Everything that is wrong with the messages as they are declared, beside those that were released. */
export function judge({ contracts, unreadable }: ContractsRead, goldens: readonly GoldenFound[]): Violation[] {
  const released = new Map(goldens.flatMap(({ golden }) => (golden ? [[golden.name, golden]] : [])));
  const flawed = new Set(goldens.flatMap(({ golden, file }) => (golden ? [] : [file])));
  const known = namesIn(contracts, goldens);
  const isRead = ({ module }: ContractFound) => !unreadable.some(({ file }) => isOf(module, file));
  return [
    ...unreadable.map(({ file, reason }): Found => ({ rule: 'contract-can-be-read', file, what: reason, subject: '' })),
    ...contracts.flatMap((contract) => [
      ...aboutItself(contract),
      ...beside(contract, released.get(contract.name), flawed),
      ...besideTheOthers(contract, contracts),
      ...(isRead(contract) ? afterTheOthers(contract, known) : []),
    ]),
    ...goldens.flatMap((golden) => aboutGolden(golden, contracts, unreadable)),
  ];
}

/** What of a contract cannot be released at all. */
export function aboutItself(contract: ContractFound): Violation[] {
  const { module, name, owner } = contract;
  const strange = strangeWithin(revisionOf(contract));
  return [
    ...contract.untold.map((what) => at(contract, 'contract-says-it-all', `${name} holds ${what}`, `${name} ${what}`)),
    ...strange
      .filter((what) => !contract.untold.some((told) => told.split(':')[0] === what.split(':')[0]))
      .map((what) => at(contract, 'every-keyword-is-known', `${name} holds ${what}`, `${name} ${what}`)),
    ...(owner === module
      ? []
      : [at(contract, 'message-belongs-to-its-module', `declares ${name}, which is a message of ${owner}`, name)]),
  ];
}

function strangeOf({ revisions }: Golden): string[] {
  return [...new Set(revisions.flatMap(strangeWithin))];
}

function strangeWithin(revision: Revision): string[] {
  return schemasOf(revision).flatMap(({ side, schema }) =>
    strangeIn(schema).map(({ path, what }) => `${join(side, path)}: ${what}`),
  );
}

/** By what a contract breaks any of its released revisions. */
export function breaksOf(contract: ContractFound, golden: Golden): Break[] {
  if (contract.kind !== golden.kind)
    return [{ path: 'kind', what: `${golden.kind} → ${contract.kind}`, why: 'each is sent and taken in another way' }];
  const current = schemasOf(revisionOf(contract));
  const breaks = golden.revisions.flatMap((revision) =>
    schemasOf(revision).flatMap(({ side, schema }) => {
      const now = current.find((each) => each.side === side);
      return now ? compare(schema, now.schema).map((each) => ({ ...each, path: join(side, each.path) })) : [];
    }),
  );
  return [...new Map(breaks.map((each) => [`${each.path} ${each.what}`, each])).values()];
}

/** Whether the last release says what the contract says now. */
export function isReleased(contract: ContractFound, { revisions }: Golden): boolean {
  return same(revisions.at(-1), revisionOf(contract));
}

export function same(one: Revision | undefined, other: Revision): boolean {
  return one !== undefined && canonical(one) === canonical(other);
}

function beside(contract: ContractFound, golden: Golden | undefined, flawed: ReadonlySet<string>): Violation[] {
  if (aboutItself(contract).length > 0) return [];
  const { name, key = '' } = contract;
  if (golden === undefined) {
    return flawed.has(goldenFile(contract.module, name))
      ? []
      : [at(contract, 'message-is-released', `${name} has not been released`, name)];
  }
  if (strangeOf(golden).length > 0) return [];
  if (golden.retired) return [at(contract, 'retired-name-stays-reserved', `${name} was retired`, name)];
  const breaks = breaksOf(contract, golden);
  const keys = [
    ...(key === (golden.key ?? '')
      ? []
      : [at(contract, 'key-is-kept', `${name} was ordered by ${golden.key}, and now by ${key}`, name)]),
  ];
  if (breaks.length > 0)
    return [
      ...keys,
      ...breaks.map(({ path, what, why }) =>
        at(contract, 'compatible-within-a-major', `${name}: ${path} ${what}; ${why}`, `${name} ${path} ${what}`),
      ),
    ];
  if (isReleased(contract, golden)) return keys;
  return [...keys, at(contract, 'message-is-released', `${name} has got more than was released`, name)];
}

function besideTheOthers(contract: ContractFound, contracts: readonly ContractFound[]): Violation[] {
  const { name, kind, file, upcasts } = contract;
  const twins = contracts.filter((other) => other !== contract && other.name === name);
  const twice = twins.map((twin) =>
    at(contract, 'message-is-declared-once', `${name} is also declared as ${twin.exportName} in ${twin.file}`, name),
  );
  const { subject, major } = NAME.exec(name)?.groups ?? {};
  const before = contracts.find((other) => other.name === `${subject}.v${Number(major) - 1}`);
  const lacksUpcaster = before !== undefined && kind !== 'query' && upcasts !== before.name;
  return [
    ...(twins.some((twin) => `${twin.file} ${twin.exportName}` < `${file} ${contract.exportName}`) ? twice : []),
    ...(lacksUpcaster
      ? [at(contract, 'new-major-has-an-upcaster', `${name} does not say how ${before.name} is read as it`, name)]
      : []),
  ];
}

/** Every message that is declared or was ever released, by the name of its file, whatever that holds. */
export function namesIn(contracts: readonly ContractFound[], goldens: readonly GoldenFound[]): readonly string[] {
  return [
    ...contracts.map(({ name }) => name),
    ...goldens.map(({ module, file }) => `${module}.${basename(file, '.json')}`),
  ];
}

/** What of a contract skips a version: each is read as the next, and over a gap nothing could be. */
export function afterTheOthers(contract: ContractFound, known: readonly string[]): Violation[] {
  const { name } = contract;
  const { subject, major } = NAME.exec(name)?.groups ?? {};
  const majors = known.flatMap((other) => {
    const groups = NAME.exec(other)?.groups;
    return groups?.subject === subject ? [Number(groups?.major)] : [];
  });
  const last = Math.max(0, ...majors.filter((each) => each < Number(major)));
  if (last === 0 || last + 1 === Number(major)) return [];
  const what = `${name} comes after ${subject}.v${last}, and the next version of that is ${subject}.v${last + 1}`;
  return [at(contract, 'no-version-is-skipped', what, name)];
}

function aboutGolden(
  { module, file, golden, flaw = '' }: GoldenFound,
  contracts: readonly ContractFound[],
  unreadable: ContractsRead['unreadable'],
): Found[] {
  if (golden === undefined) return [{ rule: 'golden-is-untouched', file, what: flaw, subject: '' }];
  const strange = strangeOf(golden).map(
    (what): Found => ({ rule: 'every-keyword-is-known', file, what: `holds ${what}`, subject: what }),
  );
  const isThere = golden.retired || contracts.some(({ name }) => name === golden.name);
  // It may well be in a file that could not be read, which is told of by itself.
  if (isThere || unreadable.some((each) => isOf(module, each.file))) return strange;
  const what = `${golden.name} was released, and nothing declares it`;
  return [...strange, { rule: 'released-message-is-kept', file, what, subject: golden.name }];
}

function at({ file, line }: ContractFound, rule: RuleName, what: string, subject: string): Found {
  return { rule, file, line, what, subject };
}

const isOf = (module: string, file: string): boolean => file.startsWith(`src/modules/${module}/`);

const join = (side: string, path: string): string => (side ? (path === 'payload' ? side : `${side}.${path}`) : path);
