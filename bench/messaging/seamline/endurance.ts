import type pg from 'pg';
import type { Stage } from '../../harness/child.js';
import { atASteadyRate, Countdown } from '../../harness/load.js';
import { settle, withClient } from '../../harness/postgres.js';
import { type Latencies, latenciesOf } from '../../harness/statistics.js';
import { boot } from '../../seamline/boot.js';
import { type Checked, checkEffects, purchaseNumber } from '../workload.js';
import { Deliveries } from './deliveries.js';
import { LedgerModule } from './ledger.module.js';
import { Purchases, PurchasesModule } from './purchases.module.js';
import { WatchedTransport } from './watched-transport.js';

export interface EnduranceWork {
  readonly perSecond: number;
  readonly minutes: number;
  readonly secondsInAMinute: number;
}

export interface TableSize {
  readonly table: string;
  readonly deadTuples: number;
  readonly bytes: number;
}

export interface Minute {
  readonly minute: number;
  readonly commitToEffect: Latencies;
  /** At the end of the minute. */
  readonly tables: readonly TableSize[];
}

export interface Endurance extends Checked {
  readonly minutes: readonly Minute[];
}

/**
 * A steady rate while somebody else holds an old snapshot all along, as a report, a dump or an extraction's first copy
 * does: nothing that dies meanwhile can be vacuumed away. Do the tables grow by more than what was written, and does the
 * delivery slow down?
 */
export async function endure(stage: Stage<EnduranceWork>): Promise<Endurance> {
  const { perSecond, minutes, secondsInAMinute } = stage.work;
  const latencies: number[][] = Array.from({ length: minutes }, () => []);
  const effects = new Countdown(Number.POSITIVE_INFINITY);
  let begin = 0;
  const watch = new Deliveries(({ calledAt, committedAt, takenAt }) => {
    const minute = Math.floor((calledAt - begin) / (secondsInAMinute * 1000));
    latencies[Math.min(minute, minutes - 1)]?.push(takenAt - committedAt);
    effects.add();
  });
  const app = await boot(stage, [PurchasesModule, LedgerModule], {
    transport: new WatchedTransport((taken, at) => watch.take(taken, at)),
  });
  const purchases = app.get(Purchases, { strict: false });
  await settle(stage.databaseUrl);

  return withClient(stage.databaseUrl, async (reader) => {
    const tables: TableSize[][] = [];
    const produced = await withOldSnapshot(stage.databaseUrl, async () => {
      begin = performance.now();
      const byMinute = setInterval(async () => tables.push(await sizes(reader)), secondsInAMinute * 1000);
      let n = 0;
      const all = await atASteadyRate(perSecond, minutes * secondsInAMinute, () => {
        const purchase = purchaseNumber(n++);
        return watch.publish(purchase.purchase, () => purchases.place(purchase));
      });
      effects.want(all);
      await effects.done();
      clearInterval(byMinute);
      if (tables.length < minutes) tables.push(await sizes(reader));
      return all;
    });
    await app.close();
    return {
      minutes: latencies.map((values, n) => ({
        minute: n + 1,
        commitToEffect: latenciesOf(values),
        tables: tables[n] ?? [],
      })),
      checks: await checkEffects(stage.databaseUrl, produced, 'ledger.entry'),
    };
  });
}

async function withOldSnapshot<Result>(databaseUrl: string, work: () => Promise<Result>): Promise<Result> {
  return withClient(databaseUrl, async (holder) => {
    await holder.query('begin isolation level repeatable read');
    // The snapshot is taken by the first statement, not by BEGIN.
    await holder.query('select 1');
    const result = await work();
    await holder.query('commit');
    return result;
  });
}

/** The tables of both modules, a ring of partitions as one. */
async function sizes(reader: pg.Client): Promise<TableSize[]> {
  const { rows } = await reader.query<{ table: string; dead: string; bytes: string }>(
    `select coalesce(pg_partition_root(relid), relid)::regclass::text as table,
            sum(n_dead_tup) as dead, sum(pg_total_relation_size(relid)) as bytes
       from pg_stat_user_tables where schemaname in ('purchases', 'ledger')
      group by 1 order by 1`,
  );
  return rows.map(({ table, dead, bytes }) => ({ table, deadTuples: Number(dead), bytes: Number(bytes) }));
}
