import type { BetweenApps as Kind, PlacedApp, Placement } from '#kernel/topology/topology';
import { BetweenApps } from '#kernel/transports/between-apps';
import { DirectTransport } from '#kernel/transports/direct';
import { InProcessTransport } from '#kernel/transports/in-process';
import type { Transport } from '#kernel/transports/transport';
import type { Wire } from '#kernel/transports/wire/wire';
import { SERVERS } from './broker-servers.js';
import type { Settings } from './settings.js';

/** What adapters are made of. */
interface Ground {
  readonly wire: Wire;
  /** In which app a module lives. */
  readonly appOf: (module: string) => string;
  /** This one. */
  readonly app: string;
  readonly system: string;
  readonly brokers: Settings['brokers'];
}

/** A broker's client is loaded only where the topology names the broker. */
const ADAPTERS: Readonly<Record<Kind, (ground: Ground) => Promise<Transport>>> = {
  direct: async ({ wire, appOf }) => new DirectTransport(wire, appOf),
  bullmq: async ({ app, system, brokers }) => {
    const { BullMqTransport } = await import('#kernel/transports/bullmq/bullmq');
    return new BullMqTransport(await SERVERS.bullmq(brokers), app, system);
  },
  rabbitmq: async ({ app, system, brokers }) => {
    const { RabbitMqTransport } = await import('#kernel/transports/rabbitmq/rabbitmq');
    return new RabbitMqTransport(await SERVERS.rabbitmq(brokers), app, system);
  },
  nats: async ({ app, system, brokers }) => {
    const { NatsTransport } = await import('#kernel/transports/nats/nats');
    return new NatsTransport(await SERVERS.nats(brokers), app, system);
  },
};

/** How the messages of an app travel: within the process, and one adapter for each way that leads to others or to it. */
export async function transportFor(
  app: PlacedApp,
  placement: Placement,
  wire: Wire | undefined,
  settings: Settings,
): Promise<Transport> {
  const inProcess = new InProcessTransport();
  const others = placement.apps.filter(({ name, modules }) => name !== app.name && modules.length > 0);
  if (!wire || app.modules.length === 0 || others.length === 0) return inProcess;
  const ground = {
    wire,
    appOf: (module: string) => placement.appOf(module).name,
    app: app.name,
    system: placement.system,
    brokers: settings.brokers,
  };
  const kinds = new Set([app, ...others].map(({ transport }) => transport));
  const made = await Promise.all([...kinds].map(async (kind) => [kind, await ADAPTERS[kind](ground)] as const));
  const adapters = new Map(made);
  const outbound = others.flatMap(({ modules, transport }) =>
    modules.map((module) => [module, adapters.get(transport) as Transport] as const),
  );
  return new BetweenApps(inProcess, adapters.get(app.transport), new Map(outbound));
}
