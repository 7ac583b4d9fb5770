import { type Action, wake } from './audit.js';
import { type ModuleDatabase, type ModuleUnderCare, modulesMeant } from './module-under-care.js';
import { matches, type Selection, valuesOf } from './selection.js';
import type { Discarded } from './views.js';

/** So many messages share an entry of the audit, which holds them whole: at 256 KiB each, it stays a row that can be read. */
const PORTION = 100;

export type Table = 'dead_letter' | 'parked';

const TABLES = {
  dead_letter: { row: 'id', at: 'died_at' },
  parked: { row: 'seq', at: 'parked_at' },
} as const;

/**
 * Deletes messages that wait, and keeps them in the audit. Those that a handler is at work on are left to it (see
 * retry.ts).
 */
export async function discard(
  modules: readonly ModuleUnderCare[],
  table: Table,
  selection: Selection,
  action: Action,
): Promise<Discarded> {
  const all = await Promise.all(
    modulesMeant(selection.subscriber, modules).map(({ database }) => discardIn(database, table, selection, action)),
  );
  const discarded = all.reduce((sum, each) => sum + each, 0);
  return { discarded, left: await countForDiscard(modules, table, selection) };
}

/** How many {@link discard} would take now. */
export async function countForDiscard(
  modules: readonly ModuleUnderCare[],
  table: Table,
  selection: Selection,
): Promise<number> {
  const all = await Promise.all(
    modulesMeant(selection.subscriber, modules).map(async ({ database }) => {
      const [counted] = await database.query<{ count: number }>(
        `select count(*)::int as count from ${table} where ${matches(TABLES[table].at)}`,
        valuesOf(selection),
      );
      return counted?.count ?? 0;
    }),
  );
  return all.reduce((sum, each) => sum + each, 0);
}

async function discardIn(
  database: ModuleDatabase,
  table: Table,
  selection: Selection,
  action: Action,
): Promise<number> {
  for (let total = 0; ; ) {
    const count = await discardPortion(database, table, selection, action);
    total += count;
    if (count < PORTION) return total;
  }
}

function discardPortion(
  database: ModuleDatabase,
  table: Table,
  selection: Selection,
  { actor, action, filter }: Action,
): Promise<number> {
  const { row, at } = TABLES[table];
  return database.transaction(async (tx) => {
    const [portion] = await tx.query<{ count: number }>(
      `with taken as (
         delete from ${table} where ${row} = any (array(
           select ${row} from ${table} where ${matches(at)} order by ${row} limit ${PORTION} for update skip locked))
         returning *),
       tried as (delete from attempt where event_id in (select event_id from taken)),
       noted as (
         insert into message_audit (actor, action, filter, affected, discarded)
         select $6, $7, $8::json, count(*), json_agg(json_build_object('envelope', envelope, 'seq', seq::text,
                'attempts', attempts, 'reason', reason) order by seq)
           from taken having count(*) > 0)
       select count(*)::int as count from taken`,
      [...valuesOf(selection), actor, action, JSON.stringify(filter)],
    );
    const count = portion?.count ?? 0;
    // What stood behind them may go on.
    if (count > 0) await wake(tx);
    return count;
  });
}
