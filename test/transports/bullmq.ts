import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { BullMqTransport } from '#kernel/transports/bullmq/bullmq';
import { redisFrom } from '#kernel/transports/bullmq/server';
import { TcpProxy } from './proxy.js';
import { HOST, RedisServerProcess } from './redis-server.js';
import type { TransportAt, TransportUnderTest } from './under-test.js';

interface Where {
  readonly url: string;
}

export const transportAt: TransportAt<Where> = ({ url }, { app }) =>
  new BullMqTransport(redisFrom({ REDIS_URL: url }), app);

/** A Redis of its own, reached through one proxy. */
export const bullmq: TransportUnderTest = {
  name: 'bullmq',
  missing: () => RedisServerProcess.missing(),
  start: async () => {
    const server = await RedisServerProcess.start();
    const proxy = await TcpProxy.start({ host: HOST, port: server.port });
    const where: Where = { url: server.urlVia(proxy.port) };
    return {
      transportOf: (app) => transportAt(where, app),
      cut: async () => proxy.cut(),
      broker: {
        kill: () => server.kill(),
        start: () => server.start(),
        empty: async () => {
          await asked(server, (redis) => redis.flushall());
        },
        inject: async (subscriber, bytes) => {
          const queue = `bull:seamline.${subscriber}.0`;
          await asked(server, (redis) => put(redis, queue, { name: 'stranger', data: bytes }));
        },
      },
      elsewhere: { module: import.meta.url, where },
      stop: async () => {
        await proxy.stop();
        await server.stop();
      },
    };
  },
};

export async function asked<Answer>(
  server: RedisServerProcess,
  work: (redis: Redis) => Promise<Answer>,
): Promise<Answer> {
  const redis = new Redis(server.url, { lazyConnect: true });
  await redis.connect();
  try {
    return await work(redis);
  } finally {
    await redis.quit();
  }
}

/** A job as BullMQ keeps it, with whatever in its fields, as none of its clients would write it. */
export async function put(redis: Redis, queue: string, fields: Record<string, string | Buffer>): Promise<string> {
  const id = randomUUID();
  await redis.hset(`${queue}:${id}`, fields);
  await take(redis, queue, id);
  return id;
}

/** Has a job of that id taken, be there one or not. */
export async function take(redis: Redis, queue: string, id: string): Promise<void> {
  await redis.lpush(`${queue}:wait`, id);
  await redis.zadd(`${queue}:marker`, 0, '0');
}
