import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { type BoundedContextOptions, contextOf } from '#kernel/bounded-context';
import type { MessageType } from '#kernel/contract/message';
import { subscriptionsOf } from '#kernel/messaging/subscriptions';
import { sagaDefinition } from '#kernel/sagas/saga';
import { meaningsIn, usesOfContracts } from './sources.js';

/** The modules, and what passes between them, as the sources declare it. */
export interface System {
  readonly modules: readonly { readonly name: string; readonly dependsOn: readonly string[] }[];
  readonly messages: readonly DeclaredMessage[];
}

export interface DeclaredMessage extends Pick<MessageType, 'name' | 'kind' | 'owner' | 'key'> {
  /** What its contract says it means. */
  readonly meaning: string;
  readonly from: readonly string[];
  readonly to: readonly string[];
}

interface Contract {
  readonly type: MessageType;
  /** As `orders/order-placed`. */
  readonly file: string;
  readonly meaning: string;
}

/** Reads the system below `root`, without booting it and without a database. */
export async function readSystem(root: string): Promise<System> {
  const folder = join(root, 'src/modules');
  const names = namesIn(folder);
  const contexts = (await Promise.all(names.map(contextsOf))).flat();
  const contracts = (await Promise.all(names.map((name) => contractsOf(folder, name)))).flat();
  const users = usersOf(folder, names);
  const messages = contracts.map(({ type, file, meaning }) => {
    const to = contexts
      .filter((context) => receivedBy(context).has(type.name))
      .map(({ declaration }) => declaration.name);
    const from = type.kind === 'event' ? [type.owner] : (users.get(file) ?? []);
    return { name: type.name, kind: type.kind, owner: type.owner, key: type.key, meaning, from, to };
  });
  return {
    modules: contexts.map(({ declaration: { name, dependsOn } }) => ({ name, dependsOn: dependsOn.toSorted() })),
    messages: messages.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function namesIn(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).sort();
}

async function contextsOf(module: string): Promise<BoundedContextOptions[]> {
  const exported: object = await import(`#modules/${module}/${module}.module`);
  const classes = Object.values(exported).filter((each): each is Type => typeof each === 'function');
  return classes.flatMap((each) => contextOf(each) ?? []);
}

function receivedBy({ subscribers = [], sagas = [] }: BoundedContextOptions): Set<string> {
  const types = [
    ...subscribers.flatMap(subscriptionsOf).map(({ type }) => type),
    ...sagas.map(sagaDefinition).flatMap(({ steps, undoneBy = [] }) => [...steps.map(({ type }) => type), ...undoneBy]),
  ];
  return new Set(types.map(({ name }) => name));
}

async function contractsOf(folder: string, module: string): Promise<Contract[]> {
  const files = sourcesIn(join(folder, module, 'contract')).map((file) => file.replace(/\.ts$/, ''));
  const contracts = files.map(async (file) => {
    const meanings = meaningsIn(readFileSync(join(folder, module, 'contract', `${file}.ts`), 'utf8'));
    const exported: object = await import(`#modules/${module}/contract/${file}`);
    return Object.entries(exported).flatMap(([name, type]) =>
      isMessageType(type) ? [{ type, file: `${module}/${file}`, meaning: meanings.get(name) ?? '' }] : [],
    );
  });
  return (await Promise.all(contracts)).flat();
}

function isMessageType(value: unknown): value is MessageType {
  return typeof value === 'object' && value !== null && 'kind' in value && 'owner' in value && 'key' in value;
}

/** By contract file: the other modules that import it. Only its senders import a command. */
function usersOf(folder: string, modules: readonly string[]): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const module of modules) {
    const texts = sourcesIn(join(folder, module)).map((file) => readFileSync(join(folder, module, file), 'utf8'));
    for (const file of new Set(texts.flatMap(usesOfContracts))) {
      if (!file.startsWith(`${module}/`)) users.set(file, [...(users.get(file) ?? []), module]);
    }
  }
  return users;
}

/** The paths of the sources below a folder, without those for tests; none where it is missing. */
function sourcesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts') && !path.split(/[\\/]/).includes('testing'))
    .sort();
}
