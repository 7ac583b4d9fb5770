import { type Envelope, sourceModule } from '../contract/envelope.js';
import { withoutRows } from '../persistence/failures.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { fullJitter } from './backoff.js';

/** Tries of a parked message, the first one in its batch included, before it becomes a dead letter. */
export const ATTEMPTS = 12;
/**
 * A message during whose handling the process has ended so often, without its try coming to an end, is a dead letter. With
 * three, processes that were killed over and over for other reasons now and then condemned one that was innocent.
 */
export const CRASHES = 5;
/** In milliseconds: from half a second to five minutes, some seven minutes in all on average. */
const BACKOFF_BASE = 500;
const BACKOFF_CAP = 300_000;
/**
 * Who claims a parked message has it for himself so long. It only has to last until his second transaction has locked the
 * row, which keeps others off however long the handler takes. In milliseconds.
 */
const CLAIM = 5_000;
/** Messages that wait behind another one of their key, without having failed themselves, are taken so many at a time. */
const RUN = 100;

/** A message that waits in its receiver's schema: it has failed, or stands behind one of its key that has. */
export interface Parked {
  readonly seq: string;
  readonly event_id: string;
  /** This one included. */
  readonly attempts: number;
  /** Tries that have neither succeeded nor failed, because the process ended; this one included. */
  readonly tries: number;
  readonly reason: string | null;
  readonly envelope: Envelope;
}

/** Sets a message aside that has failed once. */
export function park(tx: Transaction, envelope: Envelope, error: Error): void {
  insert(tx, envelope, 1, fullJitter(1, BACKOFF_BASE, BACKOFF_CAP), reasonOf(error));
}

/** Sets a message aside that has not failed: it may go when no other one of its key is before it and no person holds it. */
export function parkBehind(tx: Transaction, envelope: Envelope): void {
  insert(tx, envelope, 0, 0, null);
}

function insert(tx: Transaction, envelope: Envelope, attempts: number, wait: number, reason: string | null): void {
  tx.execute(
    `insert into parked (source, key, event_id, type, envelope, attempts, due_at, reason)
     values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond', $8)`,
    [
      sourceModule(envelope),
      envelope.subject,
      envelope.id,
      envelope.type,
      JSON.stringify(envelope),
      attempts,
      wait,
      reason,
    ],
  );
}

interface End {
  readonly attempts: number;
  readonly error: Error;
  readonly holdsKey: boolean;
  readonly unknownType: boolean;
  /** Its place among the parked of its key, where it had one. */
  readonly seq?: string;
}

/** Ends a message's way: kept with its reason until a person retries or discards it. */
export function bury(tx: Transaction, envelope: Envelope, { attempts, error, holdsKey, unknownType, seq }: End): void {
  tx.execute(
    `insert into dead_letter (seq, source, key, event_id, type, envelope, attempts, reason, holds_key, unknown_type)
     values (coalesce($1, nextval(pg_get_serial_sequence('parked', 'seq'))), $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      seq ?? null,
      sourceModule(envelope),
      envelope.subject,
      envelope.id,
      envelope.type,
      JSON.stringify(envelope),
      attempts,
      reasonOf(error),
      holdsKey,
      unknownType,
    ],
  );
}

/** Of a parked row `p`: a person has told it to wait. */
export const IS_PAUSED = `exists (
  select 1 from pause w where coalesce(w.type, p.type) = p.type and coalesce(w.key, p.key) = p.key)`;

/**
 * Of a parked row `p`: a dead letter before it holds up its key. OFFSET keeps the planner from turning the question into a
 * join, which compares every row of a key with every other one.
 */
export const IS_HELD_UP = `exists (
  select 1 from dead_letter d where d.source = p.source and d.key = p.key and d.seq < p.seq and d.holds_key offset 0)`;

/** Of a parked row `p`: another one of its key is before it. */
export const IS_BEHIND = `exists (
  select 1 from parked e where e.source = p.source and e.key = p.key and e.seq < p.seq offset 0)`;

/** Of a parked row `p`: it has a try behind it, whatever became of that. */
const WAS_TRIED = `(p.attempts > 0 or exists (select 1 from attempt a where a.event_id = p.event_id))`;

/** Messages without a try behind them, timers among them, do not wait for those that fail over and over. */
export const LANES = ['fresh', 'tried'] as const;
export type Lane = (typeof LANES)[number];

/**
 * Claims the next parked message of a lane that is due: the first of its key, since order per key outlives a failure. Where it was
 * only waiting for another one, those behind it that were too are claimed with it. Each try is counted before it is made,
 * so that one that kills the process is counted too; whoever has a try behind it is taken alone.
 */
export async function claimParked(tx: Transaction, lane: Lane): Promise<Parked[]> {
  const claimed = await tx.query<Parked>(
    `with head as materialized (
       select seq, source, key, ${WAS_TRIED} as tried
         from parked p
         where due_at <= now() and not ${IS_PAUSED} and ${lane === 'fresh' ? 'not' : ''} ${WAS_TRIED}
           and not ${IS_HELD_UP} and not ${IS_BEHIND}
        order by due_at, seq limit 1 for update skip locked),
     stop as (
       select min(p.seq) as seq from parked p, head h
        where p.source = h.source and p.key = h.key and p.seq > h.seq
          and (h.tried or ${WAS_TRIED} or ${IS_PAUSED} or ${IS_HELD_UP})),
     claimed as (
       update parked set attempts = attempts + 1, due_at = now() + $1 * interval '1 millisecond'
        where seq = any (array(
          select p.seq from parked p, head h, stop s
           where p.source = h.source and p.key = h.key and p.seq >= h.seq and (s.seq is null or p.seq < s.seq)
           order by p.seq limit ${RUN}))
       returning seq, attempts, reason, envelope, event_id),
     tried as (
       insert into attempt (event_id, tries) select distinct event_id, 1 from claimed
       on conflict (event_id) do update set tries = attempt.tries + 1 returning event_id, tries)
     select seq, event_id, attempts, reason, envelope, tries from claimed join tried using (event_id) order by claimed.seq`,
    [CLAIM],
  );
  return claimed;
}

/** Takes those that are still ours out of their rows, in the transaction of their effect. */
export async function unpark(tx: Transaction, run: readonly Parked[]): Promise<Parked[]> {
  const removed = await tx.query<{ seq: string }>(
    `delete from parked p using unnest($1::bigint[], $2::int[]) as mine (seq, attempts)
      where p.seq = mine.seq and p.attempts = mine.attempts returning p.seq`,
    [run.map(({ seq }) => seq), run.map(({ attempts }) => attempts)],
  );
  const ours = new Set(removed.map(({ seq }) => seq));
  return run.filter(({ seq }) => ours.has(seq));
}

/** Those that are still ours are due again, and as each has a try behind it now, each alone. The try has come to its end. */
export function giveBack(tx: Transaction, run: readonly Parked[]): void {
  tx.execute(
    `with ours as (
       update parked p set due_at = now() from unnest($1::bigint[], $2::int[]) as mine (seq, attempts)
        where p.seq = mine.seq and p.attempts = mine.attempts returning p.event_id)
     delete from attempt where event_id in (select event_id from ours)`,
    [run.map(({ seq }) => seq), run.map(({ attempts }) => attempts)],
  );
}

/** Why a message is a dead letter that never came to fail. */
export function killed(times: number): string {
  return `The process has ended ${times} times while it handled this message. Look into its logs of that time; mend the handler, then retry.`;
}

/** The try has come to an end in order, whatever its outcome. */
export function forgetTries(tx: Transaction, eventIds: readonly string[]): void {
  tx.execute('delete from attempt where event_id = any ($1)', [eventIds]);
}

/** After another failure: a longer wait. */
export function postpone(tx: Transaction, { seq, attempts }: Parked, error: Error): void {
  tx.execute(
    `update parked set due_at = now() + $3 * interval '1 millisecond', reason = $4 where seq = $1 and attempts = $2`,
    [seq, attempts, fullJitter(attempts, BACKOFF_BASE, BACKOFF_CAP), reasonOf(error)],
  );
}

/** Why a message failed, fit to be stored and shown: no rows of the database, nothing that PostgreSQL cannot hold. */
export function reasonOf(error: Error): string {
  return withoutRows(String(error.message)).replaceAll('\0', '').toWellFormed().slice(0, 2_000);
}
