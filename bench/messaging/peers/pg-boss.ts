import pg from 'pg';
import { type Job, PgBoss } from 'pg-boss';
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
  entriesValues,
  INSERT_ENTRIES,
  INSERT_ENTRY,
  INSERT_PURCHASE,
  PURCHASE_TABLE,
  type PublishWork,
  type Purchase,
  purchaseNumber,
  purchasesBy,
  purchaseValues,
} from '../workload.js';

const QUEUE = 'purchase-placed';

/** `send` by the connection of the business transaction. */
export async function publish({ databaseUrl, work }: Stage<PublishWork>): Promise<Rate & Checked> {
  const boss = await start(databaseUrl);
  await settle(databaseUrl);
  const clients = await connectMany(databaseUrl, work.clients);
  let n = 0;
  const rate = await asFastAsTheyCan(work.clients, work, async (client) => {
    const connection = clients[client] as pg.Client;
    const purchase = purchaseNumber(n++);
    await connection.query('begin');
    await connection.query(INSERT_PURCHASE, purchaseValues(purchase));
    const db = { executeSql: (text: string, values?: unknown[]) => connection.query(text, values) };
    await boss.send(QUEUE, purchase, { db });
    await connection.query('commit');
  });
  await Promise.all(clients.map((client) => client.end()));
  await boss.stop({ graceful: false });
  const checks = await checkCounts(databaseUrl, rate.total, {
    rows: 'select count(*) from purchase',
    messages: `select count(*) from pgboss.job where name = '${QUEUE}'`,
  });
  return { ...rate, checks };
}

export async function fill({ databaseUrl, work }: Stage<DrainWork>): Promise<void> {
  const boss = await start(databaseUrl);
  for (const many of purchasesBy(5000, work.messages)) {
    const jobs = many.map((data) => ({ data }));
    await boss.insert(QUEUE, jobs);
  }
  await boss.stop({ graceful: false });
  await settle(databaseUrl);
}

export interface BossWork extends DrainWork {
  readonly batchSize: number;
  /** How the batch becomes effects. */
  readonly effects: 'one statement a batch' | 'one statement a job';
}

/**
 * Its handler gets a whole batch. It looks for jobs every half second, the shortest that it allows; with
 * `burstWhenBatchFull` it does not wait while batches come back full, which is always so here until the end.
 */
export async function drain({ databaseUrl, work }: Stage<BossWork>): Promise<{ perSecond: number } & Checked> {
  const effects = new Countdown(work.messages);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 24 });
  const write = {
    'one statement a batch': (jobs: Job<Purchase>[]) =>
      pool.query(INSERT_ENTRIES, entriesValues(jobs.map(({ data }) => data))),
    'one statement a job': (jobs: Job<Purchase>[]) =>
      Promise.all(jobs.map(({ data }) => pool.query(INSERT_ENTRY, purchaseValues(data)))),
  }[work.effects];
  const options = { batchSize: work.batchSize, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
  const begin = performance.now();
  const boss = await open(databaseUrl);
  await boss.work<Purchase>(QUEUE, options, async (jobs) => {
    await write(jobs);
    effects.add(jobs.length);
  });
  const seconds = ((await effects.done()) - begin) / 1000;
  await boss.stop();
  await pool.end();
  return { perSecond: work.messages / seconds, checks: await checkEffects(databaseUrl, work.messages) };
}

async function start(databaseUrl: string): Promise<PgBoss> {
  await withClient(databaseUrl, async (client) => {
    await client.query(PURCHASE_TABLE);
    await client.query(ENTRY_TABLE);
  });
  const boss = await open(databaseUrl);
  await boss.createQueue(QUEUE);
  return boss;
}

async function open(databaseUrl: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString: databaseUrl, max: 24, schedule: false });
  boss.on('error', (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
  await boss.start();
  return boss;
}
