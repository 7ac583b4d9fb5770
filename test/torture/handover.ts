import type pg from 'pg';
import { partitionOf } from '#kernel/messaging/outbox';
import type { Hit } from './worker-process.js';

/** Who wrote the last row of a partition, within so many seconds before a hit, had it. */
const LOOK_BACK = 5;

/** When something was not as it should be, of a worker or of the database. In milliseconds since 1970. */
export interface Trouble {
  readonly from: number;
  readonly to: number;
}

export interface Handover {
  /** In milliseconds. */
  readonly took: number;
  /** Something else was hit meanwhile, perhaps just who had taken over. */
  readonly isDisturbed: boolean;
}

/**
 * How long after each hit the partitions that the worker had were flowing again, the shortest first: for each partition
 * the time to its next row, and of these the longest. The hit of a worker that had none says nothing.
 */
export async function handovers(
  pool: pg.Pool,
  hits: readonly Hit[],
  troubles: readonly Trouble[],
): Promise<Handover[]> {
  const times = await Promise.all(
    hits.map(async (hit) => {
      const took = await handover(pool, hit);
      if (took === undefined) return [];
      const meanwhile = troubles.filter(({ from, to }) => from < hit.at + took && to > hit.at);
      return [{ took, isDisturbed: meanwhile.length > 1 }];
    }),
  );
  return times.flat().sort((a, b) => a.took - b.took);
}

async function handover(pool: pg.Pool, { life, at }: Hit): Promise<number | undefined> {
  const before = await pool.query<{ key: string; worker: string }>(
    `select key, worker from mirror.posting
      where at between to_timestamp($1) - $2 * interval '1 s' and to_timestamp($1) order by at`,
    [at / 1_000, LOOK_BACK],
  );
  const after = await pool.query<{ key: string; after: number }>(
    `select key, (extract(epoch from min(at)) * 1000)::float - $1 as after
       from mirror.posting where at > to_timestamp($1 / 1000) group by key`,
    [at],
  );
  const holders = new Map(before.rows.map(({ key, worker }) => [partitionOf(key), worker]));
  const had = [...holders].filter(([, worker]) => worker === life).map(([partition]) => partition);
  const flowsAfter = (partition: number) =>
    Math.min(...after.rows.filter(({ key }) => partitionOf(key) === partition).map((next) => next.after));
  const times = had.map(flowsAfter).filter(Number.isFinite);
  return times.length === 0 ? undefined : Math.max(...times);
}
