import { UNACKNOWLEDGED } from '../unacknowledged.js';
import type { ModuleDatabase, ModuleUnderCare, Queries } from './module-under-care.js';
import { time } from './sql.js';
import { readAll, unreadable } from './unusable.js';
import type { Backlog, Lag, Pause } from './views.js';

interface PartitionRow extends Backlog {
  subscriber: string;
  partition: number;
}

/** How far each subscriber is behind each source, and what waits inside each module. */
export async function readLag(modules: readonly ModuleUnderCare[]): Promise<Lag> {
  const running = modules.filter(({ takes }) => takes.length > 0).map(({ database }) => database.module);
  const { found, failures } = await readAll(
    modules.flatMap(({ database }): Promise<Part>[] => [subscriptionsTo(database, running), waitingIn(database)]),
  );
  return {
    subscriptions: found.flatMap((part) => ('subscriptions' in part ? part.subscriptions : [])),
    modules: found.flatMap((part) => ('subscriptions' in part ? [] : [part])),
    unreadable: unreadable(failures),
  };
}

/** Each can be read where the other cannot. */
type Part = Pick<Lag, 'subscriptions'> | Lag['modules'][number];

async function subscriptionsTo(source: ModuleDatabase, running: readonly string[]): Promise<Part> {
  const rows = await backlogOf(source);
  const subscriptions = [...Map.groupBy(rows, ({ subscriber }) => subscriber)].map(([subscriber, partitions]) => ({
    source: source.module,
    subscriber,
    runs: running.includes(subscriber),
    ...sumOf(partitions),
    partitions: partitions.map(({ subscriber: _, ...partition }) => partition),
  }));
  return { subscriptions };
}

/** A subscriber that has retired all its types has nothing kept for it. */
function backlogOf(source: Queries): Promise<PartitionRow[]> {
  return source.query<PartitionRow>(
    `select s.name as subscriber, r.partition, coalesce(u.waiting, 0) as waiting, ${time('u.oldest')} as "oldestAt",
            extract(epoch from now() - u.oldest)::float8 as "oldestSeconds", coalesce(a.replays, 0) as replays
       from subscriber s cross join relay r
       left join (select subscriber, partition, count(*)::int as waiting, min(uuid_time(event_id)) as oldest
                    from (${UNACKNOWLEDGED}) every group by 1, 2) u on u.subscriber = s.name and u.partition = r.partition
       left join (select subscriber, partition, count(*)::int as replays from replay group by 1, 2) a
              on a.subscriber = s.name and a.partition = r.partition
      where s.types <> array[]::text[]
      order by 1, 2`,
  );
}

function sumOf(partitions: readonly Backlog[]): Backlog {
  const sum = (count: (each: Backlog) => number) => partitions.reduce((total, each) => total + count(each), 0);
  const [oldest] = partitions
    .filter(({ oldestAt }) => oldestAt !== null)
    .sort((a, b) => (b.oldestSeconds ?? 0) - (a.oldestSeconds ?? 0));
  return {
    waiting: sum(({ waiting }) => waiting),
    oldestAt: oldest?.oldestAt ?? null,
    oldestSeconds: oldest?.oldestSeconds ?? null,
    replays: sum(({ replays }) => replays),
  };
}

interface Counts {
  parked: number;
  dead: number;
  delayed: number;
}

async function waitingIn(module: ModuleDatabase): Promise<Part> {
  const [counts] = await module.query<Counts>(
    `select (select count(*)::int from parked) as parked, (select count(*)::int from dead_letter) as dead,
            (select count(*)::int from delayed) as delayed`,
  );
  return { module: module.module, ...(counts as Counts), pauses: await pausesOf(module) };
}

export function pausesOf(module: Queries): Promise<Pause[]> {
  return module.query<Pause>(`select type, key, ${time('since')} as since from pause order by id`);
}
