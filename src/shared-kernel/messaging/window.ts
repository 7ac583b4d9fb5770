/**
 * The SQL by which a relay reads what became visible between two snapshots, in order of id.
 *
 * A window begins at snapshot s1 (all it saw has been sent) and ends at s2 (now). Its rows are those of transactions
 * that s1 had not begun to know (`xid >= xmax(s1)`) and of those that were still running then (the *late* ones, listed
 * in xip(s1)), as far as s2 sees them committed. Nothing that commits late is passed over, as `id > cursor` does, and
 * nothing waits behind a long transaction, as "xid below xmin" does.
 *
 * Order per key holds because a row takes its id after its key's row lock: of one key, a later id is never visible
 * before an earlier one. Never order by xid; it is taken before the lock.
 *
 * The late branch is materialised, and plans must be custom (`plan_cache_mode = force_custom_plan`), or the planner
 * reads the whole primary key. Source: PostgreSQL manual, "9.27.11. Transaction ID and Snapshot Information Functions".
 */
const COLUMNS = 'id, event_id, type, key, headers, payload';

/** $1 = s1, $2 = limit, $3 = types. Always answers s2; the other columns are null when there is no row. */
export const OPEN_WINDOW = `
  with late as materialized (
    select ${COLUMNS} from outbox
     where xid = any (array(select pg_snapshot_xip($1::pg_snapshot))) and type = any ($3)
  ), page as (
    (select ${COLUMNS} from outbox
      where xid >= pg_snapshot_xmax($1::pg_snapshot) and type = any ($3) order by id limit $2)
    union all
    select * from late
  )
  select s.s2, p.* from (select pg_current_snapshot()::text as s2) s
    left join (select * from page order by id limit $2) p on true
   order by p.id`;

/** $1 = s1, $2 = s2, $3 = last id sent, $4 = limit, $5 = types. */
export const NEXT_PAGE = `
  with late as materialized (
    select ${COLUMNS} from outbox
     where xid = any (array(select pg_snapshot_xip($1::pg_snapshot)))
       and pg_visible_in_snapshot(xid, $2::pg_snapshot) and id > $3 and type = any ($5)
  )
  select * from (
    (select ${COLUMNS} from outbox
      where xid >= pg_snapshot_xmax($1::pg_snapshot) and xid < pg_snapshot_xmax($2::pg_snapshot)
        and pg_visible_in_snapshot(xid, $2::pg_snapshot) and id > $3 and type = any ($5) order by id limit $4)
    union all
    select * from late) w
   order by id limit $4`;

/** Where a subscriber stands: inside the window (s1, s2] after `lastId`, or between windows when s2 is null. */
export interface Position {
  readonly s1: string;
  readonly s2: string | null;
  readonly lastId: string;
}

/** A snapshot older than every transaction: all that the outbox still holds is ahead of it. */
export const BEGINNING: Position = { s1: '3:3:', s2: null, lastId: '0' };

/** Where the subscriber stands once a page of `read` rows, at most `limit`, has been taken. */
export function positionAfter(from: Position, s2: string, page: readonly { id: string }[], limit: number): Position {
  const last = page.at(-1);
  if (last === undefined || page.length < limit) return { s1: s2, s2: null, lastId: '0' };
  return { s1: from.s1, s2, lastId: last.id };
}
