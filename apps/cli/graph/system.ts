import type { Topology } from '#kernel/topology/topology';
import type { Violation, WallName } from '../check/wall.js';
import type { ContractFound } from '../system/read-contracts.js';
import type { HandlerFound } from '../system/read-handlers.js';
import { type Concern, concernOf } from './concern.js';
import { byName, inOrder } from './order.js';

/** All that a drawing shows: apps, modules, what passes between them, and what breaks a wall. */
export interface System {
  readonly name: string;
  /** As the topology lists them; none where there is no topology to read. */
  readonly apps: readonly DrawnApp[];
  readonly modules: readonly DrawnModule[];
  readonly messages: readonly DrawnMessage[];
  /** The walls that were looked at for what breaks them. */
  readonly walls: readonly WallName[];
  readonly violations: readonly DrawnViolation[];
}

export interface DrawnApp {
  readonly name: string;
  /** Whether the public comes in here. */
  readonly gateway: boolean;
  /** How messages of other apps reach it; `in-process` where there are no others. */
  readonly transport: string;
  readonly instances: number;
  readonly modules: readonly string[];
}

export interface DrawnModule {
  readonly name: string;
  /** The schema it owns; undefined where its module.json names none. */
  readonly schema: string | undefined;
  /** The first sentence of its README. */
  readonly purpose: string;
  readonly dependsOn: readonly string[];
  /** The app that holds it; undefined where the topology places it nowhere. */
  readonly app: string | undefined;
}

export interface DrawnMessage extends Pick<ContractFound, 'name' | 'kind' | 'owner' | 'key' | 'meaning' | 'file'> {
  /** Who publishes, sends or asks it. */
  readonly from: readonly string[];
  /** Who subscribes to it, carries it out or answers it. */
  readonly to: readonly string[];
}

/** A violation together with what its rule says. */
export interface Breach extends Violation {
  readonly why: string;
  readonly mend: string;
}

/** What was found out about walls. */
export interface Findings {
  readonly walls: readonly WallName[];
  readonly breaches: readonly Breach[];
}

export interface DrawnViolation extends Breach, Concern {}

/** What a drawing is made from, as it was read. */
export interface Sources {
  readonly name: string;
  readonly modules: readonly Omit<DrawnModule, 'app'>[];
  readonly topology: Topology | undefined;
  readonly contracts: readonly ContractFound[];
  readonly handlers: readonly HandlerFound[];
}

/** Puts together who sends what to whom, and where each lives; nobody has looked at its walls yet. */
export function systemOf({ name, modules, topology, contracts, handlers }: Sources): System {
  const apps = topology === undefined ? [] : appsOf(topology);
  const appOf = new Map(apps.flatMap((app) => app.modules.map((module) => [module, app.name] as const)));
  const byContract = Map.groupBy(handlers, ({ contract }) => placeOf(contract));
  const messages = contracts.map((each) => messageOf(each, byContract.get(placeOf(each)) ?? [])).sort(byName);
  return {
    name,
    apps,
    modules: modules
      .map((module) => ({ ...module, dependsOn: inOrder(module.dependsOn), app: appOf.get(module.name) }))
      .sort(byName),
    messages,
    walls: [],
    violations: [],
  };
}

/** The system with what breaks its walls, each violation where it stands in a drawing. */
export function withFindings(system: System, { walls, breaches }: Findings): System {
  const known = { modules: system.modules.map(({ name }) => name), messages: system.messages };
  return { ...system, walls, violations: breaches.map((breach) => ({ ...breach, ...concernOf(breach, known) })) };
}

function appsOf({ apps, gateway, transport }: Topology): DrawnApp[] {
  const entries = Object.entries(apps);
  const others = transport === 'in-process' ? 'direct' : transport;
  return entries.map(([name, app], index) => ({
    name,
    gateway: gateway === undefined ? index === 0 : gateway === name,
    transport: entries.length === 1 ? 'in-process' : (app.transport ?? others),
    instances: app.instances ?? 1,
    modules: app.modules,
  }));
}

/** Who begins and who ends each kind of message, by what handlers do; an event begins with its owner. */
const ENDS = {
  event: { from: [], to: ['subscribe', 'saga'] },
  command: { from: ['send'], to: ['handle'] },
  query: { from: ['ask'], to: ['answer'] },
} as const satisfies Record<ContractFound['kind'], Record<'from' | 'to', readonly HandlerFound['kind'][]>>;

const placeOf = ({ file, exportName }: Pick<ContractFound, 'file' | 'exportName'>): string => `${file}#${exportName}`;

function messageOf(contract: ContractFound, handlers: readonly HandlerFound[]): DrawnMessage {
  const { name, kind, owner, key, meaning, file, module } = contract;
  const doing = (kinds: readonly HandlerFound['kind'][]) =>
    inOrder(handlers.filter((handler) => kinds.includes(handler.kind)).map((handler) => handler.module));
  const { from, to } = ENDS[kind];
  return {
    name,
    kind,
    owner,
    ...(key === undefined ? {} : { key }),
    meaning,
    file,
    from: kind === 'event' ? [module] : doing(from),
    to: doing(to),
  };
}

/** What is to be said of an app beside its name. */
export function factsOf({ gateway, transport, instances, modules }: DrawnApp, { apps }: System): string[] {
  return [
    ...(apps.length > 1 && gateway ? ['the public comes in here'] : []),
    ...(apps.length > 1 && modules.length > 0 ? [`reached by ${transport}`] : []),
    ...(instances > 1 ? [`${instances} instances`] : []),
    ...(modules.length === 0 ? ['no modules'] : []),
  ];
}

/** How a message gets from a module to another; undefined where both live in one app, or one of them nowhere. */
export function wayBetween({ apps, modules }: System, kind: DrawnMessage['kind'], from: string, to: string) {
  const appOf = (name: string) => modules.find((module) => module.name === name)?.app;
  const [sender, receiver] = [appOf(from), appOf(to)];
  if (sender === undefined || receiver === undefined || sender === receiver) return undefined;
  // Queries go over the wire, whatever carries the messages.
  return kind === 'query' ? 'wire' : apps.find((app) => app.name === receiver)?.transport;
}
