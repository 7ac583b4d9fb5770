import { type Envelope, sourceModule } from '../contract/envelope.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { fullJitter } from './backoff.js';

/** Tries of a parked message, the first one in its batch included, before it becomes a dead letter. */
const ATTEMPTS = 8;
const BACKOFF_BASE = 200;
const BACKOFF_CAP = 60_000;

/**
 * A message waiting in its receiver's schema: set aside after a failure (`error` given), queued behind one of its key
 * that was (no error), or delayed until its time.
 */
interface Waiting {
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
      error?.message ?? null,
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
      error.message,
    ],
  );
}

/**
 * Locks the next parked message that is due: the first of its key, since order per key outlives a failure. Deleting
 * it in the transaction of its effect is what makes the effect happen once.
 */
export async function lockNextParked(tx: Transaction): Promise<Waiting | undefined> {
  const [row] = await tx.query<Waiting>(
    `select seq, subscriber, attempts, envelope from parked p
      where due_at <= now() and not exists (
        select 1 from parked earlier
         where earlier.subscriber = p.subscriber and earlier.source = p.source and earlier.key = p.key
           and earlier.seq < p.seq)
      order by due_at limit 1 for update skip locked`,
  );
  return row;
}

export async function unpark(tx: Transaction, { seq }: Waiting): Promise<void> {
  await tx.query('delete from parked where seq = $1', [seq]);
}

/** After another failure: a longer wait, or the end. Answers whether it was the end. */
export async function failAgain(tx: Transaction, waiting: Waiting, error: Error, forGood: boolean): Promise<boolean> {
  const attempts = waiting.attempts + 1;
  if (forGood || attempts >= ATTEMPTS) {
    await unpark(tx, waiting);
    await bury(tx, waiting.subscriber, waiting.envelope, attempts, error);
    return true;
  }
  await tx.query(
    `update parked set attempts = $2, due_at = now() + $3 * interval '1 millisecond', reason = $4 where seq = $1`,
    [waiting.seq, attempts, fullJitter(attempts, BACKOFF_BASE, BACKOFF_CAP), error.message],
  );
  return false;
}
