import { DomainError } from '../../contract/domain-error.js';
import { UNACKNOWLEDGED } from '../unacknowledged.js';
import { type Action, note } from './audit.js';
import type { ModuleUnderCare } from './module-under-care.js';
import { suggestion } from './near-names.js';
import type { Forgotten } from './views.js';

/**
 * Removes a subscriber that is gone for good from every source: nothing is kept for it any more.
 * @throws DomainError while it is a module that takes messages, or when nobody knows it
 */
export async function forget(
  modules: readonly ModuleUnderCare[],
  subscriber: string,
  action: Action,
): Promise<Forgotten> {
  await mustBeGone(modules, subscriber);
  const sources: Forgotten['sources'] = [];
  for (const { database } of modules) {
    const passedBy = await database.transaction(async (tx) => {
      const [counted] = await tx.query<{ waiting: number }>(WAITING, [subscriber]);
      const [gone] = await tx.query('delete from subscriber where name = $1 returning name', [subscriber]);
      if (!gone) return undefined;
      await tx.query('delete from relay_position where subscriber = $1', [subscriber]);
      await tx.query('delete from replay where subscriber = $1', [subscriber]);
      const waiting = counted?.waiting ?? 0;
      await note(tx, action, waiting);
      return waiting;
    });
    if (passedBy !== undefined) sources.push({ source: database.module, passedBy });
  }
  return { sources };
}

/** What {@link forget} would pass by now. */
export async function countForForget(modules: readonly ModuleUnderCare[], subscriber: string): Promise<number> {
  await mustBeGone(modules, subscriber);
  const counts = await Promise.all(
    modules.map(({ database }) => database.query<{ waiting: number }>(WAITING, [subscriber])),
  );
  return counts.flat().reduce((sum, { waiting }) => sum + waiting, 0);
}

const WAITING = `select count(*)::int as waiting from (${UNACKNOWLEDGED}) every where subscriber = $1`;

async function mustBeGone(modules: readonly ModuleUnderCare[], subscriber: string): Promise<void> {
  const running = modules.find(({ database }) => database.module === subscriber);
  if (running && running.takes.length > 0) {
    throw new DomainError(
      'conflict',
      'still-subscribes',
      `"${subscriber}" is a module of this system that takes messages, and would begin anew at its next start. ` +
        'To stop it for a while, pause it; to end single subscriptions, name their types as "retired" in its module.json.',
    );
  }
  const registered = await Promise.all(
    modules.map(({ database }) => database.query<{ name: string }>('select name from subscriber')),
  );
  const names = [...new Set(registered.flat().map(({ name }) => name))];
  if (names.includes(subscriber)) return;
  throw new DomainError(
    'not-found',
    'unknown-subscriber',
    `Nobody keeps messages for "${subscriber}". ${suggestion(subscriber, names)}`,
  );
}
