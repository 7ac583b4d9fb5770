import type { ModuleDeclaration } from '#kernel/topology/declaration';
import { moduleOf } from '../../system/module-files.js';
import type { Origins } from '../../system/origins.js';
import type { ContractFound, ContractsRead } from '../../system/read-contracts.js';
import type { Mention, Sources } from '../../system/read-handlers.js';
import type { Broken, RuleName } from './rules.js';

/** What is wrong about who takes and sends which message; what is wrong about the messages themselves is said by the contracts. */
export function messageViolations(
  { contracts, unreadable }: ContractsRead,
  { mentions, origins }: Pick<Sources, 'mentions' | 'origins'>,
  declarations: readonly ModuleDeclaration[],
): Broken[] {
  const cannotBeRead = new Set(unreadable.map(({ file }) => file));
  const byPlace = new Map(contracts.flatMap((contract) => placesOf(contract, origins).map((at) => [at, contract])));
  const met = mentions.map((mention) => ({ mention, contract: contractOf(mention, byPlace) }));
  const known = met.flatMap(({ mention, contract }) => (contract ? [{ mention, contract }] : []));
  return [
    ...met.flatMap(({ mention, contract }) => (contract ? [] : unknownMessage(mention, cannotBeRead))),
    ...known.flatMap(misuse),
    ...known.flatMap((each) => undeclared(each, declarations)),
    ...takers(contracts, known),
    ...known.flatMap(withoutDeadline),
  ];
}

interface Known {
  readonly mention: Mention;
  readonly contract: ContractFound;
}

/** Under which names a contract can be met: where it is exported, and where that has it from. */
function placesOf({ file, exportName }: ContractFound, origins: Origins): string[] {
  const origin = origins.ofExport(file, exportName);
  return [
    `${file} ${exportName}`,
    ...(origin ? [`${origin.file} ${origin.name}`, `${origin.file} ${origin.local}`] : []),
  ];
}

function contractOf({ origin }: Mention, byPlace: ReadonlyMap<string, ContractFound>): ContractFound | undefined {
  if (origin === undefined) return undefined;
  return byPlace.get(`${origin.file} ${origin.name}`) ?? byPlace.get(`${origin.file} ${origin.local}`);
}

/** A message that a module keeps to itself needs no contract; what is wrong about an unreadable one is said elsewhere. */
function unknownMessage(mention: Mention, cannotBeRead: ReadonlySet<string>): Broken[] {
  const { origin, text, module } = mention;
  if (mention.kind === 'ask' || mention.kind === 'send' || mention.kind === 'publish') return [];
  if (origin === undefined)
    return [
      broken(
        'handler-names-its-message',
        mention,
        text,
        `${verb(mention)} ${text || 'nothing'}, which only running it would tell`,
      ),
    ];
  if (cannotBeRead.has(origin.file)) return [];
  if (moduleOf(origin.file) === module && !isContract(origin.file)) return [];
  const what = `${verb(mention)} ${text}, which no contract declares (${origin.file})`;
  return [broken('handler-takes-a-declared-message', mention, `${origin.file} ${origin.name}`, what)];
}

const isContract = (file: string): boolean => /^src\/modules\/[^/]+\/contract\//.test(file);

const KIND_OF = {
  subscribe: 'event',
  saga: 'event',
  publish: 'event',
  handle: 'command',
  send: 'command',
  answer: 'query',
  ask: 'query',
} as const satisfies Record<Mention['kind'], ContractFound['kind']>;

/** Sent as what it is not, or taken by whom it is not meant for. */
function misuse({ mention, contract }: Known): Broken[] {
  const { kind, module } = mention;
  const { name, owner } = contract;
  if (contract.kind !== KIND_OF[kind]) {
    const what = `${verb(mention)} ${name}, which is ${article(contract.kind)}`;
    return [broken('handler-fits-its-message', mention, `${kind} ${name}`, what)];
  }
  if (owner === module) return [];
  if (kind === 'handle' || kind === 'answer')
    return [broken('only-the-owner-takes', mention, name, `${verb(mention)} ${name}, which is for "${owner}" alone`)];
  if (kind === 'publish')
    return [broken('only-the-owner-publishes', mention, name, `publishes ${name}, which only "${owner}" may`)];
  return [];
}

function undeclared({ mention, contract }: Known, declarations: readonly ModuleDeclaration[]): Broken[] {
  const { owner, name } = contract;
  if (owner === mention.module || !OUTWARD.has(mention.kind)) return [];
  const declaration = declarations.find((each) => each.name === mention.module);
  if (declaration === undefined || declaration.dependsOn.includes(owner)) return [];
  const what = `${verb(mention)} ${name}, but its module.json does not depend on "${owner}"`;
  return [broken('takes-only-what-it-depends-on', mention, name, what)];
}

/** What a module does with the messages of others; for the rest there are rules of their own. */
const OUTWARD: ReadonlySet<Mention['kind']> = new Set(['subscribe', 'saga', 'send', 'ask']);

function takers(contracts: readonly ContractFound[], known: readonly Known[]): Broken[] {
  const byName = new Map(contracts.map((contract) => [contract.name, contract]));
  const taken = Map.groupBy(
    known
      .filter(({ mention: { kind, module }, contract }) => isTakenBy(kind, contract) && module === contract.owner)
      .flatMap(({ mention, contract }) => versionsOf(contract, byName).map((name) => ({ mention, name }))),
    ({ name }) => name,
  );
  return contracts
    .filter(({ kind, owner, module }) => kind !== 'event' && owner === module)
    .flatMap((contract): Broken[] => {
      const { name, kind, file, line } = contract;
      const rule = kind === 'command' ? 'one-handler-a-command' : 'one-answer-a-query';
      const [first, ...others] = taken.get(name) ?? [];
      if (first === undefined) {
        const what = `declares ${name}, which nothing in ${contract.module} ${kind === 'command' ? 'handles' : 'answers'}`;
        return [{ rule, file, line, what, subject: `${name} none` }];
      }
      const place = `${first.mention.file}:${first.mention.line}`;
      return others.map(({ mention }) =>
        broken(rule, mention, `${name} again`, `${verb(mention)} ${name} a second time, after ${place}`),
      );
    });
}

/** The names under which a message may come to whoever takes this version: its own, and those it is upcast from. */
function versionsOf(contract: ContractFound, byName: ReadonlyMap<string, ContractFound>): string[] {
  const names: string[] = [];
  let version: ContractFound | undefined = contract;
  while (version !== undefined && !names.includes(version.name)) {
    names.push(version.name);
    version = version.upcasts === undefined ? undefined : byName.get(version.upcasts);
  }
  return names;
}

const isTakenBy = (kind: Mention['kind'], contract: ContractFound): boolean =>
  (kind === 'handle' && contract.kind === 'command') || (kind === 'answer' && contract.kind === 'query');

function withoutDeadline({ mention, contract }: Known): Broken[] {
  if (mention.hasDeadline !== false) return [];
  const what = `asks ${contract.name} without saying how long it waits`;
  return [broken('query-has-a-deadline', mention, contract.name, what)];
}

function broken(rule: RuleName, { file, line }: Mention, subject: string, what: string): Broken {
  return { rule, file, line, what, subject };
}

const VERBS: Readonly<Record<Mention['kind'], string>> = {
  subscribe: 'subscribes to',
  saga: 'moves a saga on',
  handle: 'handles',
  answer: 'answers',
  ask: 'asks',
  send: 'sends',
  publish: 'publishes',
};
const verb = ({ kind }: Mention): string => VERBS[kind];

const article = (kind: ContractFound['kind']): string => (kind === 'event' ? 'an event' : `a ${kind}`);
