import { describe, expect, it } from '@jest/globals';
import { PARTITIONS } from '#kernel/messaging/layout';
import { BullMqTransport } from '#kernel/transports/bullmq/bullmq';
import { redisFrom } from '#kernel/transports/bullmq/server';
import { NatsTransport } from '#kernel/transports/nats/nats';
import { natsServerFrom } from '#kernel/transports/nats/server';
import { rabbitMqFrom } from '#kernel/transports/rabbitmq/nodes';
import { RabbitMqTransport } from '#kernel/transports/rabbitmq/rabbitmq';
import type { Transport } from '#kernel/transports/transport';
import { batch, message } from './a-batch.js';
import { bullmq } from './bullmq.js';
import { nats } from './nats.js';
import { rabbitmq } from './rabbitmq.js';

const SYSTEMS = ['shop', 'shop-2'];
const EACH = 3 * PARTITIONS;
const LONG = 120_000;

const BROKERS = [
  {
    broker: bullmq,
    made: (url: string, system: string) => new BullMqTransport(redisFrom({ REDIS_URL: url }), 'app', system),
  },
  {
    broker: rabbitmq,
    made: (url: string, system: string) => new RabbitMqTransport(rabbitMqFrom({ AMQP_URL: url }), 'app', system),
  },
  {
    broker: nats,
    made: (url: string, system: string) => new NatsTransport(natsServerFrom({ NATS_URL: url }), 'app', system),
  },
];

const asked = await Promise.all(BROKERS.map(async (each) => ({ ...each, missing: await each.broker.missing() })));

describe('two systems with a module of the same name share one broker, and neither hears of the other', () => {
  for (const { broker, made, missing } of asked) {
    if (missing === undefined) it(`over ${broker.name}`, () => share(broker, made), LONG);
    else it.skip(`over ${broker.name}, which cannot be tested here: ${missing}`, () => undefined);
  }
});

async function share(broker: typeof nats, made: (url: string, system: string) => Transport): Promise<void> {
  const between = await broker.start();
  const { where } = between.elsewhere as { where: { url: string } };
  const open: Transport[] = [];
  const taken = new Map<string, string[]>();
  try {
    for (const system of SYSTEMS) {
      const receiver = made(where.url, system);
      open.push(receiver);
      taken.set(system, []);
      receiver.consume('books', async ({ messages }) => {
        taken.get(system)?.push(...messages.map(({ subject }) => subject));
        return { kind: 'taken' };
      });
      await receiver.connect();
    }
    for (const system of SYSTEMS) {
      const sender = made(where.url, system);
      open.push(sender);
      await sender.connect();
      for (let number = 0; number < EACH; number++)
        await sender.send(batch({ partition: number % PARTITIONS, number, messages: [message(system)] }));
    }
    expect(taken).toEqual(new Map(SYSTEMS.map((system) => [system, Array(EACH).fill(system)])));
  } finally {
    for (const each of open.reverse()) await each.close();
    await between.stop();
  }
}
