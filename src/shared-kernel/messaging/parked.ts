import { type Envelope, sourceModule } from '../contract/envelope.js';
import { withoutRows } from '../persistence/failures.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { fullJitter } from './backoff.js';

/** Tries of a parked message, the first one in its batch included, before it becomes a dead letter. */
const ATTEMPTS = 12;
/** In milliseconds: from half a second to five minutes, some seven minutes in all on average. */
const BACKOFF_BASE = 500;
const BACKOFF_CAP = 300_000;

/** A message that waits in its receiver's schema: it has failed, or stands behind one of its key that has. */
interface Parked {
  seq: string;
  subscriber: string;
  attempts: number;
  envelope: Envelope;
}

/** Sets a message aside. With an error it has failed once and waits its backoff; without, it waits for its turn. */
export async function park(tx: Transaction, subscriber: string, envelope: Envelope, error?: Error): Promise<void> {
  const attempts = error ? 1 : 0;
  await tx.query(
    `insert into parked (subscriber, source, key, envelope, attempts, due_at, reason)
     values ($1, $2, $3, $4, $5, now() + $6 * interval '1 millisecond', $7)`,
    [
      subscriber,
      sourceModule(envelope),
      envelope.subject,
      JSON.stringify(envelope),
      attempts,
      fullJitter(attempts, BACKOFF_BASE, BACKOFF_CAP),
      error ? reasonOf(error) : null,
    ],
  );
}

/** Ends a message's way: kept with its reason until a person retries or discards it. */
export async function bury(
  tx: Transaction,
  subscriber: string,
  envelope: Envelope,
  attempts: number,
  error: Error,
): Promise<void> {
  await tx.query(
    `insert into dead_letter (subscriber, source, key, event_id, type, envelope, attempts, reason)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      subscriber,
      sourceModule(envelope),
      envelope.subject,
      envelope.id,
      envelope.type,
      JSON.stringify(envelope),
      attempts,
      reasonOf(error),
    ],
  );
}

/**
 * Locks the next parked message that is due: the first of its key, since order per key outlives a failure. Deleting
 * it in the transaction of its effect is what makes the effect happen once.
 */
export async function lockNextParked(tx: Transaction): Promise<Parked | undefined> {
  const [row] = await tx.query<Parked>(
    `select seq, subscriber, attempts, envelope from parked p
      where due_at <= now() and not exists (
        select 1 from parked earlier
         where earlier.subscriber = p.subscriber and earlier.source = p.source and earlier.key = p.key
           and earlier.seq < p.seq)
      order by due_at limit 1 for update skip locked`,
  );
  return row;
}

/** False when another process has had it meanwhile, or has tried it and failed: then it is not ours to decide on. */
export async function unpark(tx: Transaction, { seq, attempts }: Parked): Promise<boolean> {
  const removed = await tx.query('delete from parked where seq = $1 and attempts = $2 returning seq', [seq, attempts]);
  return removed.length > 0;
}

/** After another failure: a longer wait, or the end. Answers whether it was the end. */
export async function failAgain(tx: Transaction, parked: Parked, error: Error, forGood: boolean): Promise<boolean> {
  const attempts = parked.attempts + 1;
  if (forGood || attempts >= ATTEMPTS) {
    if (!(await unpark(tx, parked))) return false;
    await bury(tx, parked.subscriber, parked.envelope, attempts, error);
    return true;
  }
  await tx.query(
    `update parked set attempts = $2, due_at = now() + $3 * interval '1 millisecond', reason = $4
      where seq = $1 and attempts = $5`,
    [parked.seq, attempts, fullJitter(attempts, BACKOFF_BASE, BACKOFF_CAP), reasonOf(error), parked.attempts],
  );
  return false;
}

/** Why a message failed, fit to be stored and shown: no rows of the database, nothing that PostgreSQL cannot hold. */
export function reasonOf(error: Error): string {
  return withoutRows(error.message).replaceAll('\0', '').toWellFormed().slice(0, 2_000);
}
