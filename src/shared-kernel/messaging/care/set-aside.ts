import type { Page } from '../../http/pagination.js';
import { type ModuleUnderCare, modulesMeant, type Queries } from './module-under-care.js';
import { matches, type Selection, valuesOf } from './selection.js';
import { time, WAITS_FOR } from './sql.js';
import { readAll, unreadable } from './unusable.js';
import type { DeadLetter, ParkedMessage, Unreadable } from './views.js';

/** Where a page begins: after this row. Pages go over all modules, newest first. */
export interface Place {
  readonly at: string;
  readonly module: string;
  readonly row: string;
}

export interface PageOptions {
  readonly after?: Place | undefined;
  readonly limit: number;
}

/** A page with the place after it. */
export interface Found<Item> extends Omit<Page<Item>, 'next'> {
  readonly next: Place | null;
  readonly unreadable: Unreadable;
}

const WHAT = `event_id as id, source, type, key, attempts, reason`;

const DEAD = {
  at: 'died_at',
  columns: `${time('died_at')} as "diedAt", holds_key as "holdsKey", id as row`,
  from: 'dead_letter p',
  row: 'p.id',
} as const;

const PARKED = {
  at: 'parked_at',
  columns: `${time('parked_at')} as "parkedAt", ${time('due_at')} as "dueAt", ${WAITS_FOR} as "waitsFor", seq as row`,
  from: 'parked p',
  row: 'p.seq',
} as const;

export function listDead(modules: readonly ModuleUnderCare[], selection: Selection, page: PageOptions) {
  return list<DeadLetter>(modules, DEAD, selection, page);
}

export function listParked(modules: readonly ModuleUnderCare[], selection: Selection, page: PageOptions) {
  return list<ParkedMessage>(modules, PARKED, selection, page);
}

async function list<Item>(
  modules: readonly ModuleUnderCare[],
  table: typeof DEAD | typeof PARKED,
  selection: Selection,
  { after, limit }: PageOptions,
): Promise<Found<Item>> {
  const meant = modulesMeant(selection.subscriber, modules);
  const { found, failures } = await readAll(
    meant.map(({ database }) => read<Item>(database, table, selection, after, limit + 1)),
  );
  const rows = found.flat().sort((a, b) => (precedes(a.place, b.place) ? -1 : 1));
  const page = rows.slice(0, limit);
  return {
    items: page.map(({ item }) => item),
    next: rows.length > limit ? (page.at(-1)?.place ?? null) : null,
    unreadable: unreadable(failures),
  };
}

async function read<Item>(
  database: Queries & { readonly module: string },
  table: typeof DEAD | typeof PARKED,
  selection: Selection,
  after: Place | undefined,
  limit: number,
): Promise<{ item: Item; place: Place }[]> {
  const { module } = database;
  const rows = await database.query<Record<string, unknown> & { row: string; at: string }>(
    `select ${WHAT}, ${table.columns}, ${time(table.at)} as at from ${table.from}
      where ${matches(table.at)}
        and ($6::timestamptz is null or ${table.at} < $6 or ${table.at} = $6 and ($7 < $8 or $7 = $8 and ${table.row} < $9))
      order by ${table.at} desc, ${table.row} desc limit $10`,
    [...valuesOf(selection), after?.at ?? null, after?.module ?? '', module, after?.row ?? null, limit],
  );
  return rows.map(({ row, at, ...rest }) => ({
    item: { subscriber: module, ...rest } as Item,
    place: { at, module, row },
  }));
}

/** Newest first; of one instant by module, and inside a module the later row first. */
function precedes(one: Place, other: Place): boolean {
  if (one.at !== other.at) return one.at > other.at;
  if (one.module !== other.module) return one.module < other.module;
  return BigInt(one.row) > BigInt(other.row);
}
