import type { Lag } from '#kernel/messaging/care/views';
import { type Column, table } from './table.js';
import { harmless, type Surroundings, type Terminal } from './terminal.js';
import { endUnread, tellUnreadable } from './unreadable.js';
import { withCare } from './with-care.js';
import { fromNow, listed, when } from './wording.js';

type Subscription = Lag['subscriptions'][number];

export async function showLag(
  { env, terminal }: Surroundings,
  { partitions, json }: { partitions: boolean; json: boolean },
): Promise<void> {
  const lag = await withCare(env, (care) => care.lag());
  if (json) {
    terminal.print(JSON.stringify(lag, null, 2));
    endUnread(terminal, lag.unreadable);
  } else {
    for (const line of linesOf(lag, partitions, terminal)) terminal.print(line);
    tellUnreadable(terminal, lag.unreadable);
  }
}

function linesOf({ subscriptions, modules, unreadable }: Lag, partitions: boolean, { columns }: Terminal): string[] {
  if (subscriptions.length + unreadable.length === 0)
    return ['Nobody has subscribed to anything yet: the system has not run here.'];
  return [
    ...backlogs(subscriptions, partitions, columns),
    '',
    ...table(
      WAITING,
      modules.map(({ module, parked, dead, delayed, pauses }) => ({
        cells: [module, String(parked), String(dead), String(delayed), harmless(pausesOf(pauses))],
      })),
      columns,
    ),
    ...subscriptions.filter(({ runs }) => !runs).flatMap(({ source, subscriber }) => ['', gone(source, subscriber)]),
  ];
}

const WAITING: Column[] = [
  { title: 'MODULE' },
  { title: 'PARKED', right: true },
  { title: 'DEAD', right: true },
  { title: 'DELAYED', right: true },
  { title: 'PAUSED', cuts: true },
];

function backlogs(subscriptions: readonly Subscription[], partitions: boolean, columns: number | undefined): string[] {
  const rows = subscriptions.flatMap(({ source, subscriber, ...all }) =>
    partitions
      ? all.partitions.map(({ partition, ...each }) => ({
          cells: [source, subscriber, String(partition), ...cells(each)],
        }))
      : [{ cells: [source, subscriber, ...cells(all)] }],
  );
  const titles: Column[] = [
    { title: 'SOURCE' },
    { title: 'SUBSCRIBER' },
    ...(partitions ? [{ title: 'PARTITION', right: true }] : []),
    { title: 'WAITING', right: true },
    { title: 'OLDEST' },
    { title: 'REPLAYS', right: true },
  ];
  return table(titles, rows, columns);
}

function cells({ waiting, oldestAt, oldestSeconds, replays }: Omit<Subscription['partitions'][number], 'partition'>) {
  // How old it is, is told by the database's clock; ours may differ.
  const oldest = oldestAt === null ? '' : `${fromNow(-(oldestSeconds ?? 0))} (${when(oldestAt).split(' (')[0]})`;
  return [String(waiting), oldest, String(replays)];
}

function pausesOf(pauses: Lag['modules'][number]['pauses']): string {
  if (pauses.some(({ type, key }) => type === null && key === null)) return 'all';
  return listed(
    pauses.map(({ type, key }) => (type === null ? `key ${key}` : key === null ? type : `${type} of key ${key}`)),
  );
}

function gone(source: string, subscriber: string): string {
  return (
    `"${harmless(subscriber)}" subscribed to ${source} once, and no module takes its messages now: they are kept. ` +
    `If it is gone for good: seamline messages forget --subscriber ${harmless(subscriber)}`
  );
}
