import { Logger, makeWorkerUtils, run, type TaskList } from 'graphile-worker';
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

const TASK = 'purchase_placed';
const silent = new Logger(() => () => {});

const ADD_JOB = `select graphile_worker.add_job('${TASK}', $1::json)`;
const INSERT_AND_ADD_JOB = `
  with placed as (${INSERT_PURCHASE} returning id, customer, amount)
  select graphile_worker.add_job('${TASK}', json_build_object('purchase', id, 'customer', customer, 'amount', amount::text))
    from placed`;

/** add_job in the transaction of the business row; as four round trips, or `inOne` statement. */
export async function publish({ databaseUrl, work }: Stage<PublishWork & { inOne: boolean }>): Promise<Rate & Checked> {
  await prepare(databaseUrl);
  const clients = await connectMany(databaseUrl, work.clients);
  const place = work.inOne ? placeInOneStatement : placeInTransaction;
  let n = 0;
  const rate = await asFastAsTheyCan(work.clients, work, (client) =>
    place(clients[client] as pg.Client, purchaseNumber(n++)),
  );
  await Promise.all(clients.map((client) => client.end()));
  const checks = await checkCounts(databaseUrl, rate.total, {
    rows: 'select count(*) from purchase',
    messages: 'select count(*) from graphile_worker.jobs',
  });
  return { ...rate, checks };
}

async function placeInTransaction(client: pg.Client, purchase: Purchase): Promise<void> {
  await client.query('begin');
  await client.query(INSERT_PURCHASE, purchaseValues(purchase));
  await client.query(ADD_JOB, [JSON.stringify(purchase)]);
  await client.query('commit');
}

async function placeInOneStatement(client: pg.Client, purchase: Purchase): Promise<void> {
  await client.query(INSERT_AND_ADD_JOB, purchaseValues(purchase));
}

/** As its makers configured it for their own figures (worker.graphile.org/docs/performance). */
const FASTEST = { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };

export async function fill({ databaseUrl, work }: Stage<DrainWork>): Promise<void> {
  await prepare(databaseUrl);
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, logger: silent });
  for (const many of purchasesBy(5000, work.messages)) {
    await utils.addJobs(many.map((payload) => ({ identifier: TASK, payload })));
  }
  await utils.release();
  await settle(databaseUrl);
}

/** `batched` says whether completions are written many at a time. */
export async function drain({
  databaseUrl,
  work,
}: Stage<DrainWork & { batched: boolean }>): Promise<{ perSecond: number } & Checked> {
  const effects = new Countdown(work.messages);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 24 });
  const taskList: TaskList = {
    [TASK]: async (purchase) => {
      await pool.query(INSERT_ENTRY, purchaseValues(purchase as Purchase));
      effects.add();
    },
  };
  const begin = performance.now();
  const runner = await run({
    preset: {
      worker: {
        connectionString: databaseUrl,
        maxPoolSize: 25,
        logger: silent,
        ...FASTEST,
        ...(work.batched ? {} : { completeJobBatchDelay: -1, failJobBatchDelay: -1 }),
      },
    },
    noHandleSignals: true,
    taskList,
  });
  const seconds = ((await effects.done()) - begin) / 1000;
  await runner.stop();
  await pool.end();
  return { perSecond: work.messages / seconds, checks: await checkEffects(databaseUrl, work.messages) };
}

async function prepare(databaseUrl: string): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(PURCHASE_TABLE);
    await client.query(ENTRY_TABLE);
  });
  const utils = await makeWorkerUtils({ connectionString: databaseUrl, logger: silent });
  await utils.migrate();
  await utils.release();
  await settle(databaseUrl);
}
