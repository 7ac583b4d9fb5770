import { connect as dial } from 'node:net';
import { connect as connectAmqp } from 'amqplib';
import { Redis } from 'ioredis';
import { PARTITIONS } from '#kernel/messaging/layout';
import type { Topology } from '#kernel/topology/topology';
import { NatsServerProcess } from '../transports/nats-server.js';
import { RabbitMqServerProcess } from '../transports/rabbitmq-server.js';
import { RedisServerProcess } from '../transports/redis-server.js';
import { MODULES } from './sell.js';

interface Broker {
  readonly setting: 'REDIS_URL' | 'AMQP_URL' | 'NATS_URL';
  /** Where it is when the setting does not say: on its standard port. */
  readonly usual: string;
  /** Why there is none on this machine. */
  missing(): Promise<string | undefined>;
  /**
   * Takes away what a system on another database left there: to one that has just begun it would look like its own.
   * Nothing is lost by it, as every message that counts is in an outbox.
   */
  clear(url: string): Promise<void>;
}

const BROKERS: Partial<Record<Topology['transport'], Broker>> = {
  bullmq: {
    setting: 'REDIS_URL',
    // Not the database that a system of somebody's own would be in.
    usual: 'redis://127.0.0.1:6379/9',
    missing: () => RedisServerProcess.missing(),
    clear: async (url) => {
      const redis = new Redis(url);
      const keys = await redis.keys('bull:seamline.*');
      if (keys.length > 0) await redis.del(...keys);
      await redis.quit();
    },
  },
  rabbitmq: {
    setting: 'AMQP_URL',
    usual: 'amqp://guest:guest@127.0.0.1:5672',
    missing: () => RabbitMqServerProcess.missing(),
    clear: async (url) => {
      const connection = await connectAmqp(url);
      const channel = await connection.createChannel();
      for (const module of MODULES)
        for (let partition = 0; partition < PARTITIONS; partition++)
          await channel.deleteQueue(`seamline.${module}.${partition}`);
      await connection.close();
    },
  },
  nats: {
    setting: 'NATS_URL',
    usual: 'nats://127.0.0.1:4222',
    missing: () => NatsServerProcess.missing(),
    // It keeps nothing.
    clear: async () => undefined,
  },
};

/** The settings that a topology needs of its broker, or why it cannot be run here. */
export type Ground = { readonly env: Record<string, string>; clear(): Promise<void> } | Missing;
export interface Missing {
  readonly cannot: string;
  readonly isFailure: boolean;
}

/** What messages of this topology travel by. */
export async function groundOf({ transport }: Topology): Promise<Ground> {
  const broker = BROKERS[transport];
  if (!broker) return { env: {}, clear: async () => undefined };
  const given = process.env[broker.setting]?.trim();
  const url = given || broker.usual;
  if (!(await listens(url))) return cannot(broker, given);
  return { env: { [broker.setting]: url }, clear: () => broker.clear(url) };
}

/** Where CI has a broker installed it must be running, or nobody would notice that nothing is tested on it. */
async function cannot(broker: Broker, given: string | undefined): Promise<Missing> {
  const { host } = new URL(given || broker.usual);
  const missing = await broker.missing();
  return {
    cannot: `nothing listens on ${host} (${broker.setting} is ${given ? 'set' : 'not set'})${missing ? `, and ${missing}` : ''}`,
    isFailure: Boolean(process.env.CI) && (given !== undefined || missing === undefined),
  };
}

const USUAL_PORTS: Record<string, number> = { 'redis:': 6379, 'rediss:': 6379, 'amqp:': 5672, 'amqps:': 5671 };

function listens(url: string): Promise<boolean> {
  const { protocol, hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = dial({ host: hostname, port: Number(port || (USUAL_PORTS[protocol] ?? 4222)), timeout: 2_000 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true));
    for (const event of ['error', 'timeout']) socket.once(event, () => settle(false));
  });
}
