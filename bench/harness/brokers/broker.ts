import type { Addresses, BrokerName } from '../child.js';
import { startNats } from './nats.js';
import { startRabbitMq } from './rabbitmq.js';
import { startRedis } from './redis.js';

export interface Broker {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

export interface NoBroker {
  /** Why what needs it is left out. */
  readonly missing: string;
}

/** Of those that a bench has use for. */
export type Brokers = Readonly<Partial<Record<BrokerName, Broker | NoBroker>>>;

interface Kind {
  /** As its makers write it. */
  readonly title: string;
  /** Names one that runs already. */
  readonly variable: string;
  /** Undefined where its program is not to be found. */
  start(): Promise<Broker | undefined>;
}

export const BROKERS: Readonly<Record<BrokerName, Kind>> = {
  redis: { title: 'Redis', variable: 'REDIS_URL', start: startRedis },
  rabbitmq: { title: 'RabbitMQ', variable: 'AMQP_URL', start: startRabbitMq },
  nats: { title: 'NATS', variable: 'NATS_URL', start: startNats },
};

/** One of the bench's own; else the one that its variable names; else the reason why there is none. */
export async function startBroker(name: BrokerName): Promise<Broker | NoBroker> {
  const { variable, start } = BROKERS[name];
  const own = await start();
  if (own) return own;
  const given = process.env[variable];
  if (given) return { url: given, version: `given by ${variable}`, stop: async () => {} };
  return { missing: `no ${name}-server on PATH and no ${variable}` };
}

export function addressesOf(brokers: Brokers): Addresses {
  const known = Object.entries(brokers).flatMap(([name, broker]) => ('url' in broker ? [[name, broker.url]] : []));
  return Object.fromEntries(known);
}

export function shownVersion(name: BrokerName, broker: Broker | NoBroker): string {
  return `${BROKERS[name].title} ${'version' in broker ? broker.version : `none: ${broker.missing}`}`;
}
