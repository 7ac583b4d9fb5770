import { type Action, note, wake } from './audit.js';
import { type ModuleUnderCare, modulesMeant, type Queries } from './module-under-care.js';
import { matches, type Selection, valuesOf } from './selection.js';
import type { Retried } from './views.js';

/*
 * Who has a message? Whoever deletes its row. The waiting room deletes a parked row in the transaction of its effect,
 * and only while the row still says the try that it has claimed; retry, discard and the housekeeping of dead letters
 * delete rows too, and only one of them can. From that follows what is safe:
 *
 *   a dead letter   is nobody's: it is moved or deleted by one statement, which skips rows that another one has locked
 *   a parked row    locked: a handler is at work on it, or somebody else changes it. It is skipped, never waited for
 *   a parked row    claimed, and not locked yet: its due time may be moved, since another claim counts a further try, by
 *                   which the first one sees that the message is not its own any more; and it may be deleted, which the
 *                   claimant sees in the same way. Neither handles it twice, nor loses it
 *
 * A dead letter goes back under its old place (`seq`), in the statement that takes it away, so that at no moment a later
 * message of its key finds the way free.
 */

/** Puts dead letters back in their places, to be tried at once and as often as a new one, and ends the wait of parked ones. */
export async function retry(
  modules: readonly ModuleUnderCare[],
  selection: Selection,
  action: Action,
): Promise<Retried> {
  const all = await Promise.all(
    modulesMeant(selection.subscriber, modules).map(({ database }) =>
      database.transaction((tx) => retryIn(tx, selection, action)),
    ),
  );
  return sumOf(all);
}

/** What {@link retry} would take now. */
export async function countForRetry(modules: readonly ModuleUnderCare[], selection: Selection): Promise<Retried> {
  const all = await Promise.all(
    modulesMeant(selection.subscriber, modules).map(async ({ database }) => {
      const [counts] = await database.query<Retried>(
        `select (select count(*)::int from dead_letter where ${matches('died_at')}) as dead,
                (select count(*)::int from parked where due_at > now() and ${matches('parked_at')}) as parked`,
        valuesOf(selection),
      );
      return counts as Retried;
    }),
  );
  return sumOf(all);
}

async function retryIn(tx: Queries, selection: Selection, action: Action): Promise<Retried> {
  const values = valuesOf(selection);
  const back = await tx.query(
    `with letter as (
       delete from dead_letter where id = any (array(
         select id from dead_letter where ${matches('died_at')} for update skip locked)) returning *)
     insert into parked (seq, source, key, event_id, type, envelope, attempts, due_at, reason)
     select seq, source, key, event_id, type, envelope, 0, now(), reason from letter returning seq`,
    values,
  );
  const due = await tx.query(
    `update parked set due_at = now() where seq = any (array(
       select seq from parked where due_at > now() and ${matches('parked_at')} for update skip locked)) returning seq`,
    values,
  );
  const retried = { dead: back.length, parked: due.length };
  if (retried.dead + retried.parked > 0) {
    await note(tx, action, retried.dead + retried.parked);
    await wake(tx);
  }
  return retried;
}

function sumOf(all: readonly Retried[]): Retried {
  return {
    dead: all.reduce((sum, { dead }) => sum + dead, 0),
    parked: all.reduce((sum, { parked }) => sum + parked, 0),
  };
}
