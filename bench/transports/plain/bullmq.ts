import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Pipe, PipeOptions } from './pipe.js';

const JOB = 'letter';
const connectionOf = ({ brokers }: PipeOptions) => new Redis(brokers.redis as string, { maxRetriesPerRequest: null });

/** A letter is a job, taken as often as its worker's concurrency allows, and forgotten when it is done. */
export const bullmq: Pipe = {
  receive: async (options, take) => {
    const connection = connectionOf(options);
    const worker = new Worker<string>(options.queue, ({ data }) => take(data), {
      connection,
      concurrency: options.atOnce,
    });
    worker.on('error', (error) => process.stderr.write(`bullmq: ${error.message}\n`));
    await worker.waitUntilReady();
    const close = async () => {
      await worker.close();
      await connection.quit();
    };
    return { port: 0, close };
  },
  open: async (options) => {
    const connection = connectionOf(options);
    const queue = new Queue<string>(options.queue, { connection });
    await queue.waitUntilReady();
    const close = async () => {
      await queue.obliterate({ force: true });
      await queue.close();
      await connection.quit();
    };
    const opts = { removeOnComplete: true };
    return { send: (letters) => queue.addBulk(letters.map((data) => ({ name: JOB, data, opts }))), close };
  },
};
