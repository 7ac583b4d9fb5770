import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { BullMqTransport } from '#kernel/transports/bullmq/bullmq';
import { redisFrom } from '#kernel/transports/bullmq/server';
import { overBroker, type Where } from './over-broker.js';
import { RedisServerProcess } from './redis-server.js';
import type { TransportAt } from './under-test.js';

export const transportAt: TransportAt<Where> = ({ url }, { app }) =>
  new BullMqTransport(redisFrom({ REDIS_URL: url }), app);

export const bullmq = overBroker({
  name: 'bullmq',
  server: RedisServerProcess,
  module: import.meta.url,
  transportAt,
  urlVia: (server, port) => server.urlVia(port),
  empty: (server) => asked(server, (redis) => redis.flushall()),
  inject: (server, subscriber, bytes) =>
    asked(server, (redis) => put(redis, `bull:seamline.${subscriber}.0`, { name: 'stranger', data: bytes })),
});

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
