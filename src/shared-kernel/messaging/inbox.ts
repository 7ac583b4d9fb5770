import type { Envelope } from '../contract/envelope.js';
import type { Statement, StatementResult } from '../persistence/statement-batch.js';
import { INBOX_SLOTS } from './layout.js';

const DAY = 86_400_000;

/** When a UUIDv7 was made, in milliseconds since 1970. Source: RFC 9562, section 5.7. */
export function timeInside(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** What the ids made at that time begin with. Ids are ordered as their times are, so that none need be read to be compared. */
export function beginningAt(milliseconds: number): string {
  const digits = Math.max(0, Math.ceil(milliseconds)).toString(16).padStart(12, '0');
  return `${digits.slice(0, 8)}-${digits.slice(8)}`;
}

/** Where an id has its one place in the inbox. */
export function slotOf(id: string): number {
  return slotOfDay(dayOf(id));
}

function slotsOf(ids: readonly string[]): number[] {
  let [from, to, slot] = ['', '', 0];
  return ids.map((id) => {
    // Most of a batch are of one day.
    if (id >= from && id < to) return slot;
    const day = dayOf(id);
    [from, to, slot] = [beginningAt(day * DAY), beginningAt((day + 1) * DAY), slotOfDay(day)];
    return slot;
  });
}

function dayOf(id: string): number {
  return Math.floor(timeInside(id) / DAY);
}

function slotOfDay(day: number): number {
  return day % INBOX_SLOTS;
}

/** Notes messages as taken. Answers the ids that were not there yet: the others are known, and dropped. */
export function noteInInbox(messages: readonly Envelope[], generation: number): Statement {
  const ids = messages.map(({ id }) => id);
  return {
    text: `insert into inbox (slot, event_id, generation) select s, e, $3 from unnest($1::smallint[], $2::uuid[]) m (s, e)
           on conflict do nothing returning event_id`,
    values: [slotsOf(ids), ids, generation],
  };
}

/**
 * The time before which ids have been forgotten, in milliseconds. To be read after `noteInInbox` in the same transaction: by then nobody
 * can empty the slot any more.
 */
export const FORGOTTEN: Statement = {
  text: 'select (extract(epoch from since) * 1000)::float8 as since from inbox_memory',
};

/** The messages that are new, in their order. */
export function freshOf(messages: readonly Envelope[], noted: StatementResult): readonly Envelope[] {
  if (noted.rows.length === messages.length) return messages;
  const fresh = new Set(noted.rows.map((row) => row.event_id));
  // An id that comes twice in one batch is new once.
  return messages.filter(({ id }) => fresh.delete(id));
}
