import type pg from 'pg';
import { partitionOf } from '#kernel/messaging/outbox';
import type { Hit } from './worker-process.js';

/** What a worker did in its last moments tells which partitions of keys it had. In seconds. */
const LOOK_BACK = 2;

/**
 * How long after each hit the partitions that the worker had were flowing again, in milliseconds, the shortest first:
 * for each partition the time to its next row, and of these the longest. The hit of a worker that had none says nothing.
 */
export async function handovers(pool: pg.Pool, hits: readonly Hit[]): Promise<number[]> {
  const times = await Promise.all(hits.map((hit) => handover(pool, hit)));
  return times.filter((time) => time !== undefined).sort((a, b) => a - b);
}

async function handover(pool: pg.Pool, { life, at }: Hit): Promise<number | undefined> {
  const had = await pool.query<{ key: string }>(
    `select distinct key from mirror.posting
      where worker = $1 and at between to_timestamp($2) - $3 * interval '1 s' and to_timestamp($2)`,
    [life, at / 1_000, LOOK_BACK],
  );
  const next = await pool.query<{ key: string; after: number }>(
    `select key, (extract(epoch from min(at)) * 1000)::float - $1 as after
       from mirror.posting where at > to_timestamp($1 / 1000) group by key`,
    [at],
  );
  const flowsAfter = (partition: number) =>
    Math.min(...next.rows.filter(({ key }) => partitionOf(key) === partition).map(({ after }) => after));
  const partitions = new Set(had.rows.map(({ key }) => partitionOf(key)));
  const times = [...partitions].map(flowsAfter).filter(Number.isFinite);
  return times.length === 0 ? undefined : Math.max(...times);
}
