import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

/**
 * Removes what a worker has taken and BullMQ cannot make a job of: it would put it back when the lock has run out, take
 * it again, and so on for ever.
 * @returns their ids, as they stand in the queue
 */
export async function removeUnreadable(redis: Redis, queue: Queue): Promise<string[]> {
  const removed: string[] = [];
  for (const id of await redis.lrange(queue.toKey('active'), 0, -1)) {
    if (await isReadable(queue, id)) continue;
    const key = queue.toKey(id);
    await redis
      .multi()
      .lrem(queue.toKey('active'), 0, id)
      .srem(queue.toKey('stalled'), id)
      .del(key, `${key}:lock`)
      .exec();
    removed.push(id);
  }
  return removed;
}

async function isReadable(queue: Queue, id: string): Promise<boolean> {
  try {
    const job = await queue.getJob(id);
    // One that says it is another is never found again.
    return job === undefined || job.id === id;
  } catch (error) {
    const { name, message } = error as Error;
    if (/^(?:Syntax|Type|Range)Error$/.test(name) || message.startsWith('WRONGTYPE')) return false;
    throw error;
  }
}
