import { DomainError } from '../../contract/domain-error.js';
import { type ModuleUnderCare, modulesMeant } from './module-under-care.js';
import { suggestion } from './near-names.js';
import { readAll } from './unusable.js';

/** Which messages are meant; whatever is not said does not matter. */
export interface Selection {
  /** The receiving module. */
  readonly subscriber?: string | undefined;
  readonly type?: string | undefined;
  readonly key?: string | undefined;
  /** Set aside at this time or later. */
  readonly since?: Date | undefined;
  /** Set aside before this time. */
  readonly until?: Date | undefined;
  /** The message's own id. */
  readonly id?: string | undefined;
}

/** A condition on a table of waiting messages, for the five values of {@link valuesOf}. */
export function matches(setAsideAt: 'died_at' | 'parked_at'): string {
  return `($1::text is null or type = $1) and ($2::text is null or key = $2)
    and ($3::timestamptz is null or ${setAsideAt} >= $3) and ($4::timestamptz is null or ${setAsideAt} < $4)
    and ($5::uuid is null or event_id = $5)`;
}

export function valuesOf({ type, key, since, until, id }: Selection): unknown[] {
  return [type ?? null, key ?? null, since?.toISOString() ?? null, until?.toISOString() ?? null, id ?? null];
}

const SUBSCRIBED = 'select distinct unnest(types) as type from subscriber where name = any ($1)';
const SET_ASIDE =
  'select type from parked union select type from dead_letter union select type from pause where type is not null';

/**
 * Refuses a name with a slip in it, which would match nothing and look as if all were well. What a module takes now, its
 * code says; what it took once, the tables, of which those of a source in another app cannot be read.
 * @throws DomainError with what is near; or why it cannot be told, where a module cannot be read that may know it
 */
export async function mustBeKnown({ subscriber, type }: Selection, modules: readonly ModuleUnderCare[]): Promise<void> {
  const meant = modulesMeant(subscriber, modules);
  if (type === undefined) return;
  const taken = meant.flatMap(({ takes }) => takes);
  if (taken.includes(type)) return;
  const names = meant.map(({ database }) => database.module);
  const { found, failures } = await readAll([
    ...modules.map(({ database }) => database.query<{ type: string }>(SUBSCRIBED, [names])),
    ...meant.map(({ database }) => database.query<{ type: string }>(SET_ASIDE)),
  ]);
  const types = new Set([...taken, ...found.flat().map((row) => row.type)]);
  if (types.has(type)) return;
  if (failures[0]) throw failures[0];
  const who = subscriber === undefined ? 'Nobody takes' : `${subscriber} does not take`;
  throw new DomainError('unprocessable', 'unknown-type', `${who} "${type}". ${suggestion(type, [...types])}`);
}
