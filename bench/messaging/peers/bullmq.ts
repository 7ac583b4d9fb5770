import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { Stage } from '../../harness/child.js';
import { asFastAsTheyCan, Countdown, type Rate } from '../../harness/load.js';
import { settle, withClient } from '../../harness/postgres.js';
import { connectMany } from '../baselines/raw-pg.js';
import {
  type Checked,
  checkCounts,
  checkEffects,
  type DrainWork,
  ENTRY_TABLE,
  INSERT_ENTRY,
  INSERT_PURCHASE,
  PURCHASE_TABLE,
  type PublishWork,
  type Purchase,
  purchaseNumber,
  purchasesBy,
  purchaseValues,
} from '../workload.js';

const JOB = 'purchase-placed';
/** What was done is forgotten: a queue that kept a million finished jobs would not be BullMQ at its best. */
const JOB_OPTIONS = { removeOnComplete: true };

/** A dual write: the row is committed, and then Redis is told. A process that dies between the two has lost the job. */
export async function publish({ databaseUrl, brokers, work }: Stage<PublishWork>): Promise<Rate & Checked> {
  await prepare(databaseUrl);
  return withQueue({ databaseUrl, brokers }, async (queue) => {
    const clients = await connectMany(databaseUrl, work.clients);
    let n = 0;
    const rate = await asFastAsTheyCan(work.clients, work, async (client) => {
      const purchase = purchaseNumber(n++);
      await (clients[client] as pg.Client).query(INSERT_PURCHASE, purchaseValues(purchase));
      await queue.add(JOB, purchase, JOB_OPTIONS);
    });
    await Promise.all(clients.map((client) => client.end()));
    const rows = await checkCounts(databaseUrl, rate.total, { rows: 'select count(*) from purchase' });
    const messages = { what: 'messages', expected: rate.total, found: await queue.getWaitingCount() };
    return { ...rate, checks: [...rows, messages] };
  });
}

export async function fill({ databaseUrl, brokers, work }: Stage<DrainWork>): Promise<void> {
  await prepare(databaseUrl);
  const { queue, connection } = open({ databaseUrl, brokers });
  for (const many of purchasesBy(5000, work.messages)) {
    await queue.addBulk(many.map((data) => ({ name: JOB, data, opts: JOB_OPTIONS })));
  }
  await queue.close();
  await connection.quit();
}

export async function drain({
  databaseUrl,
  brokers,
  work,
}: Stage<DrainWork>): Promise<{ perSecond: number } & Checked> {
  return withQueue({ databaseUrl, brokers }, async (queue, connection) => {
    const effects = new Countdown(work.messages);
    const pool = new pg.Pool({ connectionString: databaseUrl, max: 24 });
    const begin = performance.now();
    const worker = new Worker<Purchase>(
      queue.name,
      async ({ data }) => {
        await pool.query(INSERT_ENTRY, purchaseValues(data));
        effects.add();
      },
      { connection, concurrency: 24 },
    );
    worker.on('error', (error) => process.stderr.write(`bullmq: ${error.message}\n`));
    const seconds = ((await effects.done()) - begin) / 1000;
    await worker.close();
    await pool.end();
    return { perSecond: work.messages / seconds, checks: await checkEffects(databaseUrl, work.messages) };
  });
}

async function prepare(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(PURCHASE_TABLE);
    await client.query(ENTRY_TABLE);
  });
  await settle(databaseUrl);
}

type Place = Pick<Stage<unknown>, 'databaseUrl' | 'brokers'>;

/** Under the name of the database of this run, which nobody else has: the Redis may be somebody else's. */
function open({ databaseUrl, brokers }: Place) {
  const connection = new Redis(brokers.redis as string, { maxRetriesPerRequest: null });
  const queue = new Queue<Purchase>(new URL(databaseUrl).pathname.slice(1), { connection });
  return { connection, queue };
}

/** Nothing of the queue is left afterwards. */
async function withQueue<Result>(
  place: Place,
  work: (queue: Queue<Purchase>, connection: Redis) => Promise<Result>,
): Promise<Result> {
  const { connection, queue } = open(place);
  try {
    return await work(queue, connection);
  } finally {
    await queue.obliterate({ force: true });
    await queue.close();
    await connection.quit();
  }
}
