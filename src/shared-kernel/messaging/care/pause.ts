import { DomainError } from '../../contract/domain-error.js';
import { type Action, note, wake } from './audit.js';
import { pausesOf } from './lag.js';
import { type ModuleUnderCare, moduleNamed } from './module-under-care.js';
import { time } from './sql.js';
import type { Pause, Paused, Resumed } from './views.js';

/** What a subscriber is not to take: all, a type, a key, or a type of a key. */
export interface Halt {
  readonly subscriber: string;
  readonly type?: string | undefined;
  readonly key?: string | undefined;
}

/**
 * Has a subscriber take nothing of this kind, from its next batch on: what it is handling now it finishes. Messages of
 * another kind go on, unless one of their key waits; with neither type nor key its sources keep all.
 * @throws DomainError for a module that takes no messages
 */
export async function pause(
  modules: readonly ModuleUnderCare[],
  { subscriber, type, key }: Halt,
  action: Action,
): Promise<Paused> {
  const { database, takes } = moduleNamed(subscriber, modules);
  if (takes.length === 0) throw takesNone(subscriber, modules);
  return database.transaction(async (tx) => {
    const added = await tx.query('insert into pause (type, key) values ($1, $2) on conflict do nothing returning id', [
      type ?? null,
      key ?? null,
    ]);
    if (added.length > 0) await note(tx, action, 1);
    return { isNew: added.length > 0 };
  });
}

function takesNone(subscriber: string, modules: readonly ModuleUnderCare[]): DomainError {
  const takers = modules.filter(({ takes }) => takes.length > 0).map(({ database }) => database.module);
  const message = `"${subscriber}" takes no messages, so there is nothing to pause. These do: ${takers.sort().join(', ')}.`;
  return new DomainError('unprocessable', 'takes-nothing', message);
}

/** Lifts the pauses of that type and key, or of either, or all; what waited for its next try meanwhile is tried at once. */
export async function resume(
  modules: readonly ModuleUnderCare[],
  { subscriber, type, key }: Halt,
  action: Action,
): Promise<Resumed> {
  return moduleNamed(subscriber, modules).database.transaction(async (tx) => {
    const lifted = await tx.query<Pause>(
      `delete from pause where ($1::text is null or type = $1) and ($2::text is null or key = $2)
       returning type, key, ${time('since')} as since`,
      [type ?? null, key ?? null],
    );
    if (lifted.length > 0) {
      await tx.query(
        `update parked set due_at = now() where seq = any (array(
           select seq from parked p, unnest($1::text[], $2::text[]) lifted (type, key)
            where p.due_at > now() and coalesce(lifted.type, p.type) = p.type and coalesce(lifted.key, p.key) = p.key
              for update of p skip locked))`,
        [lifted.map((each) => each.type), lifted.map((each) => each.key)],
      );
      await note(tx, action, lifted.length);
      await wake(tx);
    }
    return { lifted, remaining: await pausesOf(tx) };
  });
}
