import { OUTBOX_SLOTS } from './layout.js';

/**
 * The SQL by which a relay reads what became visible between two snapshots, in order of id.
 *
 * A window begins at snapshot s1 (all it saw has been sent) and ends at s2 (now). Its rows are those of transactions
 * that s1 had not begun to know (`xid >= xmax(s1)`, the *fresh* ones) and of those that were still running then (the
 * *late* ones, listed in xip(s1)), as far as s2 sees them committed. Nothing that commits late is passed over, as
 * `id > cursor` does, and nothing waits behind a long transaction, as "xid below xmin" does.
 *
 * Order per key holds because a row takes its id after its key's row lock: of one key, a later id is never visible
 * before an earlier one. Never order by xid; it is taken before the lock.
 *
 * Fresh rows have ids above the window's *floor*, the last id drawn before s1 was taken, since a row takes its id after
 * its transaction id. So a page costs what it reads, whatever the outbox holds. Late rows may lie below it; they are
 * found by their xid, in a materialised branch: without it, or with a generic plan (`plan_cache_mode =
 * force_custom_plan`), the planner reads the whole primary key.
 * Source: PostgreSQL manual, "9.27.11. Transaction ID and Snapshot Information Functions".
 */

/** Where a subscriber stands with one partition: inside the window (s1, s2] after `lastId`, or between windows. */
export interface Position {
  readonly s1: string;
  /** No fresh row of the window (s1, …] has this id or a lower one. */
  readonly floor: number;
  readonly s2: string | null;
  /** The floor of the window after this one. */
  readonly nextFloor: number;
  /** The last id sent inside the window; 0 between windows. */
  readonly lastId: number;
}

/** A snapshot older than every transaction: all that the outbox still holds is ahead of it. */
export const BEGINNING: Position = { s1: '3:3:', floor: 0, s2: null, nextFloor: 0, lastId: 0 };

/** What every page says beside its rows. */
export interface Seen {
  /** The end of the window that the page belongs to. */
  readonly s2: string;
  /** The last id drawn when the page was read, so none that it saw is above it. */
  readonly lastDrawn: number;
  readonly ring: Ring;
  /** A replay waits to be sent before anything newer. */
  readonly replays: boolean;
  /** Rows that the page would have had without its limit of bytes. */
  readonly found: number;
}

/** The newest slot that has been opened, counted from the first, and the transaction id from which on all write into it. */
export interface Ring {
  readonly slot: number;
  readonly xid: bigint;
}

/** Reads a ring as the pages write it. */
export function ringFrom(text: string): Ring {
  const [slot, xid] = text.split(':');
  return { slot: Number(slot), xid: BigInt(xid as string) };
}

/** Rows a page, and so a batch: the receiver takes a batch in one transaction. */
export const PAGE_ROWS = 500;
/** Of payload and headers; a page has at least one row, however large. */
export const PAGE_BYTES = 4 * 1024 * 1024;

const COLUMNS = 'id, event_id, type, key, headers, payload';
const SLOT = `((id >> 32) % ${OUTBOX_SLOTS})`;
const LATE = `
    select ${COLUMNS} from outbox
     where xid = any (array(select pg_snapshot_xip($1::pg_snapshot))) and ${SLOT} = any ($3::bigint[])`;
const WANTED = 'partition = $4 and type = any ((select types from subscriber where name = $5)::text[])';

const answer = (snapshot: string, rows: string) => `
  select s.s2, s.drawn, s.ring, s.replays, w.found, w.id, w.event_id, w.type, w.key, w.headers, w.payload from (
    select ${snapshot}::text as s2,
           (select case when is_called then last_value else last_value - 1 end from outbox_id) as drawn,
           (select slot || ':' || xid from outbox_ring) as ring,
           exists (select 1 from replay where partition = $4 and subscriber = $5) as replays) s
    left join (
      select * from (
        select p.*, count(*) over () as found,
               sum(octet_length(payload::text) + octet_length(headers::text)) over (order by id) as bytes,
               row_number() over (order by id) as nth
          from (${rows} order by id limit $6) p) sized
       where bytes <= ${PAGE_BYTES} or nth = 1) w on true
   order by w.id`;

/** $1 s1, $2 floor, $3 slots, $4 partition, $5 subscriber, $6 limit. Answers `Seen` even without a row. */
const openWindow = (late: boolean) => {
  const fresh = `
    (select ${COLUMNS} from outbox
      where xid >= pg_snapshot_xmax($1::pg_snapshot) and id > $2 and ${SLOT} = any ($3::bigint[]) and ${WANTED}
      order by id limit $6)`;
  if (!late) return answer('pg_current_snapshot()', `select * from ${fresh} fresh`);
  return `with late as materialized (${LATE} and ${WANTED}) ${answer(
    'pg_current_snapshot()',
    `select * from (${fresh} union all select * from late) every`,
  )}`;
};

/** As above, with $7 = s2 and $8 = last id sent. */
const nextPage = (late: boolean) => {
  const fresh = `
    (select ${COLUMNS} from outbox
      where xid >= pg_snapshot_xmax($1::pg_snapshot) and xid < pg_snapshot_xmax($7::pg_snapshot)
        and pg_visible_in_snapshot(xid, $7::pg_snapshot) and id > greatest($2, $8::bigint)
        and ${SLOT} = any ($3::bigint[]) and ${WANTED}
      order by id limit $6)`;
  if (!late) return answer('$7', `select * from ${fresh} fresh`);
  return `with late as materialized (${LATE} and pg_visible_in_snapshot(xid, $7::pg_snapshot) and id > $8::bigint and ${WANTED}) ${answer(
    '$7',
    `select * from (${fresh} union all select * from late) every`,
  )}`;
};

const STATEMENTS = {
  open: { name: 'window-open', text: openWindow(false) },
  openLate: { name: 'window-open-late', text: openWindow(true) },
  next: { name: 'window-next', text: nextPage(false) },
  nextLate: { name: 'window-next-late', text: nextPage(true) },
};

/** One statement that reads a page, with its values. */
export interface PageQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

/**
 * The statement for the page after `position`.
 * @param lastDrawn the last id known to be drawn; a page that turns out to have been read after more were drawn than its
 *   slots cover is to be read again (see {@link covers})
 */
export function pageAfter(
  position: Position,
  partition: number,
  subscriber: string,
  limit: number,
  lastDrawn: number,
  ring: Ring,
): PageQuery {
  const running = runningIn(position.s1);
  const late = running.length > 0;
  const slots = slotsFor(position, lastDrawn, running, ring);
  const values: unknown[] = [position.s1, position.floor, slots, partition, subscriber, limit];
  if (position.s2 === null) return { ...(late ? STATEMENTS.openLate : STATEMENTS.open), values };
  return { ...(late ? STATEMENTS.nextLate : STATEMENTS.next), values: [...values, position.s2, position.lastId] };
}

/** Whether a page read with `lastDrawn` looked into every slot that it could have seen rows in. */
export function covers(lastDrawn: number, seen: Seen): boolean {
  return slotOf(seen.lastDrawn) <= slotOf(lastDrawn);
}

/** Where the subscriber stands once the rows of a page have been taken. */
export function positionAfter(
  from: Position,
  seen: Seen,
  page: readonly { id: number }[],
  limit: number,
  lastDrawnBefore: number,
): Position {
  const nextFloor = from.s2 === null ? lastDrawnBefore : from.nextFloor;
  const last = page.at(-1);
  const isWhole = seen.found < limit && page.length === seen.found;
  if (last === undefined || isWhole) return { s1: seen.s2, floor: nextFloor, s2: null, nextFloor: 0, lastId: 0 };
  return { s1: from.s1, floor: from.floor, s2: seen.s2, nextFloor, lastId: last.id };
}

const ALL_SLOTS = Array.from({ length: OUTBOX_SLOTS }, (_, slot) => slot);

function slotsFor({ floor }: Position, lastDrawn: number, running: readonly bigint[], ring: Ring): number[] {
  const newest = slotOf(lastDrawn);
  const oldest = slotOf(floor);
  // A transaction from before the newest slot was opened may have left late rows in an older one.
  const anywhere = running.length > 0 && (ring.slot < oldest || running.some((xid) => xid < ring.xid));
  if (anywhere || newest - oldest + 1 >= OUTBOX_SLOTS) return ALL_SLOTS;
  return Array.from({ length: newest - oldest + 1 }, (_, n) => (oldest + n) % OUTBOX_SLOTS);
}
function slotOf(id: number): number {
  return Math.floor(id / 2 ** 32);
}

/** The transactions that were running when a snapshot was taken. */
function runningIn(snapshot: string): bigint[] {
  const list = snapshot.slice(snapshot.lastIndexOf(':') + 1);
  return list === '' ? [] : list.split(',').map(BigInt);
}
