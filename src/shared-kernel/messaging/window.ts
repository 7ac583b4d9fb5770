import { OUTBOX_SLOTS } from './layout.js';
import { PAGE_SPAN, pageColumns } from './page.js';

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
 * Fresh rows have ids above the window's *floor*, so that a page costs what it reads, whatever the outbox holds. The last
 * id drawn before s1 would be too high: a snapshot's xmax follows the last transaction that has *ended*, so one that
 * began after it may be fresh and still have drawn its id before s1. What holds is this: who gets his transaction id
 * after a known one (see {@link Settled}) also draws his ids after it. Late rows may lie below the floor; they are found
 * by their transaction id, as soon as it has ended, and in portions; `partition + 0` keeps the planner from the index of
 * the fresh ones, in which it would have to read everything to find that there are none.
 * Sources: PostgreSQL manual, "9.27.11. Transaction ID and Snapshot Information Functions"; `GetSnapshotData` in its
 * source, procarray.c.
 */

/** Where a subscriber stands with one partition: inside the window (s1, s2] after `lastId`, or between windows. */
export interface Position {
  readonly s1: string;
  /** No fresh row of the window (s1, …] has this id or a lower one. */
  readonly floor: number;
  readonly s2: string | null;
  /** The floor of the window after this one. */
  readonly nextFloor: number;
  /** The last id sent inside the window, or passed by because nobody wants it; 0 between windows. */
  readonly lastId: number;
}

/** A snapshot older than every transaction: all that the outbox still holds is ahead of it. */
export const BEGINNING: Position = { s1: '3:3:', floor: 0, s2: null, nextFloor: 0, lastId: 0 };

/** A transaction id that was given out after `id` had been drawn: whoever has a higher one draws higher ids. */
export interface Settled {
  readonly xid: bigint;
  readonly id: number;
}

/**
 * The last id that has been drawn. A plain read of the sequence's row will not do: it looks without the lock of the
 * page, and `nextval` first writes down where the journal lets it go, up to 32 ids ahead, and only then where it stands.
 * A floor from such a read would lie above ids that are drawn later. This function waits for the lock.
 * Source: `nextval_internal` and `pg_sequence_last_value` in PostgreSQL's sequence.c.
 */
export const LAST_DRAWN = `pg_sequence_last_value('outbox_id')`;

/** @throws when the role may not read the sequence, of which newer servers say nothing but null. */
export function lastDrawn(answer: string | null | undefined): number {
  if (answer == null) throw new Error('permission denied for sequence outbox_id: grant usage on it to this role.');
  return Number(answer);
}

/** How far the outbox's sequence has come, as a relay last saw it. */
export class Drawn {
  private known: Settled | undefined;
  private opened: Settled | undefined;

  /** @param last an id that has been drawn, or 0 */
  constructor(public last = 0) {}

  /** To be called with an id that was drawn before `xid` was given out. */
  settle(xid: bigint, id: number): void {
    if (this.known && this.known.id >= id) return;
    this.known = { xid, id };
    if (this.opened === undefined || slotOf(this.opened.id) < slotOf(id)) this.opened = this.known;
  }

  /** Whether ids have been drawn since the last settled one. */
  get isUnsettled(): boolean {
    return this.known === undefined || this.known.id < this.last;
  }

  /** An id below all that are drawn by transactions a snapshot has not begun to know; 0 where none can be told. */
  floorAt(snapshot: string): number {
    return this.known && this.known.xid < xmaxOf(snapshot) ? this.known.id : 0;
  }

  /** The oldest slot into which these transactions may have written; undefined where that cannot be told. */
  oldestSlotOf(transactions: readonly bigint[]): number | undefined {
    const { opened } = this;
    return opened && transactions.every((xid) => xid > opened.xid) ? slotOf(opened.id) : undefined;
  }
}

/** What every page says beside its rows. */
export interface Seen {
  /** The end of the window that the page belongs to. */
  readonly s2: string;
  /** The last id drawn when the page was read, so none that it saw is above it. */
  readonly lastDrawn: number;
  /** A replay waits to be sent before anything newer. */
  readonly replays: boolean;
  /** The first id that the page did not look at, because it lies further ahead than a page looks; null where it looked at all. */
  readonly beyond: number | null;
}

const ROW = pageColumns('$6');
const SLOT = `((id >> 32) % ${OUTBOX_SLOTS})`;
const WANTED = 'type = any ((select types from subscriber where name = $5)::text[])';

/**
 * $1 s1, $2 after which id (of the fresh), $3 slots, $4 partition, $5 subscriber, $6 limit, $7 up to which id;
 * inside a window also $8 s2, and $9 the last id for the late. The first row answered is no message, but says in JSON
 * what was seen.
 */
function statement(isOpen: boolean, late: boolean, cut: boolean): string {
  const end = isOpen ? '$8::pg_snapshot' : 'pg_current_snapshot()';
  const inWindow = isOpen ? `and pg_visible_in_snapshot(xid, ${end})` : '';
  const ahead = `id <= $7 and ${SLOT} = any ($3::bigint[])`;
  const fresh = `
    (select ${ROW} from outbox
      where xid >= pg_snapshot_xmax($1::pg_snapshot) ${inWindow} and partition = $4 and id > $2 and ${ahead} and ${WANTED}
      order by id limit $6)`;
  const lateRows = `
    (select o.* from pg_snapshot_xip($1::pg_snapshot) ended
      cross join lateral (
        select ${ROW} from outbox where xid = ended ${isOpen ? 'and id > $9' : ''} and partition + 0 = $4 and ${ahead} and ${WANTED}
         order by id limit $6) o
      where pg_visible_in_snapshot(ended, ${end}))`;
  const beyond = `
    (select id from outbox where id > $7 and ${SLOT} = any ($3::bigint[]) and partition = $4 order by id limit 1)`;
  const page = late ? `(select * from (${fresh} union all ${lateRows}) every order by id limit $6)` : fresh;
  return `
  select null::bigint as id, json_build_object(
           's2', ${end}::text,
           'lastDrawn', ${LAST_DRAWN}::text,
           'replays', exists (select 1 from replay where partition = $4 and subscriber = $5),
           'beyond', ${cut ? beyond : 'null::bigint'}) as envelope
  union all
  ${page}`;
}

const named = (isOpen: boolean, late: boolean, cut: boolean) =>
  `window-${isOpen ? 'next' : 'open'}${late ? '-late' : ''}${cut ? '-cut' : ''}`;

const BOTH = [false, true];
const STATEMENTS = new Map(
  BOTH.flatMap((isOpen) =>
    BOTH.flatMap((late) => BOTH.map((cut) => [named(isOpen, late, cut), statement(isOpen, late, cut)] as const)),
  ),
);

/** One statement that reads a page, with its values. */
export interface PageQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

const NO_END = '9223372036854775807';

/**
 * The statement for the page after `position`. A page that turns out to have been read after more was drawn than its
 * slots cover is to be read again (see {@link covers}).
 */
export function pageAfter(
  position: Position,
  partition: number,
  subscriber: string,
  limit: number,
  drawn: Drawn,
): PageQuery {
  const running = runningIn(position.s1);
  const after = Math.max(position.floor, position.lastId);
  const cut = drawn.last - after > PAGE_SPAN;
  const isOpen = position.s2 !== null;
  const late = running.length > 0;
  const slots = slotsFor(position, running, drawn);
  const upTo = cut ? after + PAGE_SPAN : NO_END;
  const name = named(isOpen, late, cut);
  const values: unknown[] = [position.s1, after, slots, partition, subscriber, limit, upTo];
  if (isOpen) values.push(position.s2);
  if (isOpen && late) values.push(position.lastId);
  return { name, text: STATEMENTS.get(name) as string, values };
}

/** Whether a page read when `last` was known to be drawn looked into every slot that it could have seen rows in. */
export function covers(last: number, seen: Seen): boolean {
  return slotOf(seen.lastDrawn) <= slotOf(last);
}

/**
 * Where the subscriber stands once the rows of a page have been taken.
 * @param isWhole whether they are all that there was
 */
export function positionAfter(
  from: Position,
  seen: Seen,
  page: readonly { id: number }[],
  isWhole: boolean,
  drawn: Drawn,
): Position {
  const { s1, floor } = from;
  const { s2 } = seen;
  const nextFloor = from.s2 === null ? Math.max(floor, drawn.floorAt(s2)) : from.nextFloor;
  if (!isWhole) return { s1, floor, s2, nextFloor, lastId: page.at(-1)?.id ?? from.lastId };
  if (seen.beyond !== null) return { s1, floor, s2, nextFloor, lastId: seen.beyond - 1 };
  return { s1: s2, floor: nextFloor, s2: null, nextFloor: 0, lastId: 0 };
}

const ALL_SLOTS = Array.from({ length: OUTBOX_SLOTS }, (_, slot) => slot);

function slotsFor({ floor }: Position, running: readonly bigint[], drawn: Drawn): number[] {
  const late = running.length === 0 ? Number.POSITIVE_INFINITY : (drawn.oldestSlotOf(running) ?? 0);
  const oldest = Math.min(slotOf(floor), late);
  const count = slotOf(drawn.last) - oldest + 1;
  if (count >= OUTBOX_SLOTS) return ALL_SLOTS;
  return Array.from({ length: count }, (_, n) => (oldest + n) % OUTBOX_SLOTS);
}

function slotOf(id: number): number {
  return Math.floor(id / 2 ** 32);
}

function xmaxOf(snapshot: string): bigint {
  return BigInt(snapshot.split(':')[1] as string);
}

/** The transactions that were running when a snapshot was taken, as far as it had begun to know them. */
function runningIn(snapshot: string): bigint[] {
  const list = snapshot.slice(snapshot.lastIndexOf(':') + 1);
  return list === '' ? [] : list.split(',').map(BigInt);
}
