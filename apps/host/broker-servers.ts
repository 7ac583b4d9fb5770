import type { BetweenApps } from '#kernel/topology/topology';
import type { RedisServer } from '#kernel/transports/bullmq/server';
import type { NatsServer } from '#kernel/transports/nats/server';
import type { RabbitMqNode } from '#kernel/transports/rabbitmq/nodes';
import type { Settings } from './settings.js';

type Brokers = Settings['brokers'];

/** What the settings say of each broker. Read only where the topology names it: that of NATS loads a client. */
export const SERVERS = {
  bullmq: async (brokers: Brokers): Promise<RedisServer> =>
    (await import('#kernel/transports/bullmq/server')).redisFrom(brokers),
  rabbitmq: async (brokers: Brokers): Promise<readonly RabbitMqNode[]> =>
    (await import('#kernel/transports/rabbitmq/nodes')).rabbitMqFrom(brokers),
  nats: async (brokers: Brokers): Promise<NatsServer> =>
    (await import('#kernel/transports/nats/server')).natsServerFrom(brokers),
};

/** @throws BrokerNotUsable for an address that is none; whether a broker is there shows when it is connected to */
export async function mustBeAddresses(brokers: Brokers, kinds: ReadonlySet<BetweenApps>): Promise<void> {
  for (const kind of kinds) if (kind !== 'direct') await SERVERS[kind](brokers);
}
