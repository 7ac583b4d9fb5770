import { z } from 'zod';
import { USUAL_SYSTEM } from './system-name.js';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const HOST_AND_PORT = /^(?:\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/;

/** How messages reach an app: from app to app, or by a broker whose address the environment holds. */
export const BETWEEN_APPS = ['direct', 'bullmq', 'rabbitmq', 'nats'] as const;
export type BetweenApps = (typeof BETWEEN_APPS)[number];

const ANY_INSTANCES = 'must be a whole number from 1 to 16';
const ANY_SYSTEM = 'must be a short lower-case name such as "shop"';
const ANY_HTTP = 'must be an address such as http://inventory.internal:3000, or a list of them';
const ANY_WIRE = 'must be host:port such as inventory.internal:4000, or a list of them';

const httpAddress = z.string().refine(isHttp, ANY_HTTP);
const wireAddress = z.string().regex(HOST_AND_PORT, { error: ANY_WIRE, abort: true }).refine(isWire, ANY_WIRE);

/** Zod's own words for a wrong type are for programmers. */
const unlessMistyped = (sentence: string) => ({
  error: ({ code }: { code?: string }) => (code === 'invalid_type' ? sentence : undefined),
});

const App = z.strictObject(
  {
    modules: z
      .array(z.string('must be the name of a module'), 'must be a list of modules')
      .describe('The modules that live in this app; none in a gateway.'),
    transport: z
      .enum(BETWEEN_APPS, `must be one of ${BETWEEN_APPS.join(', ')}`)
      .optional()
      .describe('How messages reach this app, where it differs from the others.'),
    http: z
      .union([httpAddress, z.array(httpAddress).min(1)], ANY_HTTP)
      .optional()
      .describe(
        'Where this app serves HTTP: of each instance, or of a balancer before them. The variable <APP>_HTTP overrides it.',
      ),
    wire: z
      .union([wireAddress, z.array(wireAddress).min(1)], ANY_WIRE)
      .optional()
      .describe(
        'host:port on which the other apps reach this one, of each instance. The variable <APP>_WIRE overrides it.',
      ),
    instances: z
      .int(ANY_INSTANCES)
      .min(1, ANY_INSTANCES)
      .max(16, ANY_INSTANCES)
      .optional()
      .describe('How many processes `seamline start --topology` runs of it; 1 when absent.'),
  },
  unlessMistyped('must be an object that says which modules live in this app: {"modules": […]}'),
);

const APPS_WRONG: Readonly<Record<string, string>> = {
  invalid_type:
    'must say which apps there are, by name, and which modules live in each: {"monolith": {"modules": […]}}',
  invalid_key: 'must be a short lower-case name such as "back-office"',
};

/** `topology.json`: which app holds which modules, and how apps reach each other. */
export const Topology = z.strictObject(
  {
    $schema: z.string('must be the address of a JSON schema').optional(),
    transport: z
      .enum(['in-process', ...BETWEEN_APPS], `must be one of in-process, ${BETWEEN_APPS.join(', ')}`)
      .describe('How messages go from app to app; "in-process" where there is only one.'),
    system: z
      .string(ANY_SYSTEM)
      .regex(NAME, ANY_SYSTEM)
      .optional()
      .describe(
        `What the names of its queues, channels and subjects on a broker begin with, so that systems can share one; "${USUAL_SYSTEM}" when absent.`,
      ),
    gateway: z
      .string('must be the name of an app')
      .optional()
      .describe('The app that faces the public and forwards to the others; the first when absent.'),
    apps: z
      .record(z.string().regex(NAME), App, {
        error: ({ code }) => APPS_WRONG[code as string],
      })
      .refine((apps) => Object.keys(apps).length > 0, 'must name an app')
      .describe('The apps by name; the first is the gateway unless "gateway" names another.'),
  },
  unlessMistyped(
    'must be an object that says how messages travel and which apps there are: {"transport": …, "apps": {…}}',
  ),
);
export type Topology = z.infer<typeof Topology>;

/** One app of a topology that fits. */
export interface PlacedApp {
  readonly name: string;
  readonly modules: readonly string[];
  /** How messages from other apps reach it. */
  readonly transport: BetweenApps;
  /** Where each instance of it serves HTTP; none where nobody forwards to it. */
  readonly http: readonly string[];
  /** Where each instance of it is reached by the other apps; none where there are no others. */
  readonly wire: readonly string[];
  readonly instances: number;
}

/** A topology held against the modules that there are. */
export interface Placement {
  /** What the names on a broker begin with. */
  readonly system: string;
  readonly apps: readonly PlacedApp[];
  readonly gateway: PlacedApp;
  /** @throws TopologyError for an app that it does not name. */
  app(name: string): PlacedApp;
  /** @throws TopologyError for a module that it does not place. */
  appOf(module: string): PlacedApp;
}

/** The topology cannot be: `message` lists every reason, `mend` says where to put it right. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError';
  readonly mend =
    'Correct the topology: every module of the system stands in exactly one app, and apps know where the others are ("seamline start --topology FILE" tells them, where all run on one machine).';

  constructor(problems: readonly string[]) {
    super(`The topology does not fit the system:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** One thing that is wrong about a topology. */
export interface TopologyProblem {
  /** Its shape, where modules stand, or how apps reach each other. */
  readonly about: 'shape' | 'placement' | 'reach';
  /** Where it is written, as `['apps', 'monolith', 'modules', 0]`; the nearest place for what is missing. */
  readonly path: readonly PropertyKey[];
  /** What it is about, the same whatever else stands in the topology. */
  readonly subject: string;
  readonly text: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads a topology and holds it against the modules there are.
 * @param env may override addresses, by `<APP>_HTTP` and `<APP>_WIRE` (several instances with commas between)
 * @throws TopologyError naming everything that is wrong at once: unknown, unplaced and doubly placed modules, missing addresses.
 */
export function readTopology(json: unknown, modules: readonly string[], env: Environment = {}): Placement {
  const topology = parseTopology(json);
  const apps = appsOf(topology, env);
  const gateway = gatewayOf(topology);
  const problems = [
    ...placementProblems(apps, modules).map(({ text }) => text),
    ...addressProblems(apps, gateway),
    ...reachProblems(topology).map(({ text }) => text),
  ];
  if (problems.length > 0) throw new TopologyError(problems);
  return placement(topology.system ?? USUAL_SYSTEM, apps, gateway);
}

/**
 * Everything that is wrong about a topology wherever it is used. Missing addresses are not among it: the environment of
 * each process may have them.
 */
export function topologyProblems(json: unknown, modules: readonly string[]): TopologyProblem[] {
  const read = Topology.safeParse(json);
  if (!read.success) return shapeProblems(read.error);
  return [...placementProblems(appsOf(read.data, {}), modules), ...reachProblems(read.data)];
}

/** @throws TopologyError for what has not the shape of one. */
export function parseTopology(json: unknown): Topology {
  const read = Topology.safeParse(json);
  if (read.success) return read.data;
  throw new TopologyError(shapeProblems(read.error).map(({ text }) => text));
}

function shapeProblems({ issues }: z.ZodError): TopologyProblem[] {
  return issues.map(({ path, message }) => {
    const place = path.join('.') || 'topology';
    return { about: 'shape', path, subject: place, text: `${place}: ${message}` };
  });
}

function appsOf(topology: Topology, env: Environment): PlacedApp[] {
  return Object.entries(topology.apps).map(([name, app]) => placed(name, app, topology, env));
}

function gatewayOf({ gateway, apps }: Topology): string {
  return gateway ?? (Object.keys(apps)[0] as string);
}

/** Every module that a topology places, once. */
export function modulesIn({ apps }: Topology): string[] {
  return [...new Set(Object.values(apps).flatMap(({ modules }) => modules))];
}

/** The name of an app's variables: `BACK_OFFICE_WIRE` for `back-office`. */
export function variableOf(app: string, what: 'HTTP' | 'WIRE'): string {
  return `${app.toUpperCase().replaceAll('-', '_')}_${what}`;
}

function placed(name: string, app: z.infer<typeof App>, topology: Topology, env: Environment): PlacedApp {
  /** An empty variable counts as not set. */
  const addresses = (what: 'HTTP' | 'WIRE', written: string | string[] = []) => {
    const given = env[variableOf(name, what)]?.trim();
    return given ? given.split(',').map((each) => each.trim()) : [written].flat();
  };
  const inherited = topology.transport === 'in-process' ? 'direct' : topology.transport;
  return {
    name,
    modules: app.modules,
    transport: app.transport ?? inherited,
    http: addresses('HTTP', app.http),
    wire: addresses('WIRE', app.wire),
    instances: app.instances ?? 1,
  };
}

function placementProblems(apps: readonly PlacedApp[], modules: readonly string[]): TopologyProblem[] {
  const problem = (path: PropertyKey[], subject: string, text: string): TopologyProblem => {
    return { about: 'placement', path, subject, text };
  };
  const known = new Set(modules);
  const places = apps.flatMap(({ name, modules: held }) => held.map((module, at) => ({ app: name, module, at })));
  const byModule = Map.groupBy(places, ({ module }) => module);
  const unknown = places.filter(({ module }) => !known.has(module));
  return [
    ...unknown.map(({ app, module, at }) =>
      problem(
        ['apps', app, 'modules', at],
        `${app} ${module}`,
        `apps.${app} names "${module}", which is no module; there are ${modules.join(', ')}.`,
      ),
    ),
    ...modules
      .filter((module) => !byModule.has(module))
      .map((module) => problem(['apps'], module, `Module "${module}" stands in no app.`)),
    ...modules.flatMap((module) => {
      const [, again] = byModule.get(module) ?? [];
      if (again === undefined) return [];
      const holding = (byModule.get(module) ?? []).map(({ app }) => app).join(', ');
      const text = `Module "${module}" stands more than once: in ${holding}.`;
      return problem(['apps', again.app, 'modules', again.at], module, text);
    }),
  ];
}

function reachProblems(topology: Topology): TopologyProblem[] {
  const names = Object.keys(topology.apps);
  const gateway = gatewayOf(topology);
  const problem = (path: string, subject: string, text: string): TopologyProblem => {
    return { about: 'reach', path: [path], subject, text };
  };
  return [
    ...(names.includes(gateway)
      ? []
      : [problem('gateway', gateway, `gateway names "${gateway}", which is no app; there are ${names.join(', ')}.`)]),
    ...(names.length > 1 && topology.transport === 'in-process'
      ? [
          problem(
            'transport',
            'in-process',
            `transport is "in-process", which reaches one app only; there are ${names.join(', ')}. Take "direct", or one of ${BETWEEN_APPS.slice(1).join(', ')}.`,
          ),
        ]
      : []),
  ];
}

function addressProblems(apps: readonly PlacedApp[], gateway: string): string[] {
  if (apps.length < 2) return [];
  const holding = apps.filter(({ modules }) => modules.length > 0);
  return [
    ...holding
      .filter(({ wire }) => wire.length === 0)
      .map(
        ({ name }) =>
          `apps.${name} lacks "wire", the host:port on which the other apps reach it: write it there, or set ${variableOf(name, 'WIRE')}.`,
      ),
    ...holding
      .flatMap(({ name, wire }) => wire.filter((each) => !isWire(each)).map((each) => ({ name, each })))
      .map(
        ({ name, each }) =>
          `${variableOf(name, 'WIRE')} has "${each}", which is no host:port such as inventory.internal:4000.`,
      ),
    ...holding
      .filter(({ name, http }) => name !== gateway && http.length === 0)
      .map(
        ({ name }) =>
          `apps.${name} lacks "http", the address to which ${gateway} forwards its routes: write it there, or set ${variableOf(name, 'HTTP')}.`,
      ),
    ...holding
      .flatMap(({ name, http }) => http.filter((each) => !isHttp(each)).map((each) => ({ name, each })))
      .map(
        ({ name, each }) =>
          `${variableOf(name, 'HTTP')} has "${each}", which is no address such as http://inventory.internal:3000.`,
      ),
    ...givenTwice(holding, ({ wire }) => wire).map(
      ([address, names]) =>
        `"wire" is ${address} for ${names}: every instance of every app listens on an address of its own.`,
    ),
    ...givenTwice(apps, ({ http }) => http).map(
      ([address, names]) =>
        `"http" is ${address} for ${names}: every instance of every app listens on an address of its own.`,
    ),
  ];
}

/** Addresses that stand more than once, with the names of the apps. */
function givenTwice(apps: readonly PlacedApp[], addressesOf: (app: PlacedApp) => readonly string[]) {
  const given = apps.flatMap((app) => addressesOf(app).map((address) => ({ address, name: app.name })));
  return [...Map.groupBy(given, ({ address }) => address)]
    .filter(([, places]) => places.length > 1)
    .map(([address, places]) => [address, places.map(({ name }) => name).join(' and ')] as const);
}

/** Nothing that a request could not be sent with: no credentials, no query, no port before the first. */
function isHttp(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, port, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && port !== '0' && username + password + search + hash === '';
}

function isWire(text: string): boolean {
  const port = Number(text.slice(text.lastIndexOf(':') + 1));
  return HOST_AND_PORT.test(text) && port >= 1 && port <= 65_535;
}

function placement(system: string, apps: readonly PlacedApp[], gateway: string): Placement {
  const app = (name: string): PlacedApp => {
    const found = apps.find((each) => each.name === name);
    if (!found) throw new TopologyError([`There is no app "${name}"; there are ${namesOf(apps)}.`]);
    return found;
  };
  const byModule = new Map(apps.flatMap((each) => each.modules.map((module) => [module, each] as const)));
  const appOf = (module: string): PlacedApp => {
    const found = byModule.get(module);
    if (!found) throw new TopologyError([`Module "${module}" stands in no app.`]);
    return found;
  };
  return { system, apps, gateway: app(gateway), app, appOf };
}

function namesOf(apps: readonly PlacedApp[]): string {
  return apps.map(({ name }) => name).join(', ');
}
