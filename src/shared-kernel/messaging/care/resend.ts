import { DomainError } from '../../contract/domain-error.js';
import { PARTITIONS } from '../layout.js';
import { partitionOf } from '../outbox.js';
import { type Action, note, wake } from './audit.js';
import { type ModuleDatabase, type ModuleUnderCare, moduleNamed, type Queries } from './module-under-care.js';
import { suggestion } from './near-names.js';
import type { Resent } from './views.js';

/** Which part of the history is meant; whatever is not said does not matter. */
export interface History {
  readonly subscriber: string;
  readonly type?: string | undefined;
  readonly key?: string | undefined;
  /** Published at this time or later. */
  readonly since?: Date | undefined;
  /** Published before this time. */
  readonly until?: Date | undefined;
}

/** Some of what a subscriber takes, and of that what it bears to take once more. */
interface Registered {
  readonly types: string[];
  readonly replayable: string[];
}

/**
 * Has history sent to a subscriber once more, as a new generation, which its inbox does not know: every handler runs
 * again. The relay of each source sends it before anything newer.
 * @throws DomainError unless the subscriber declares that it bears that, for all the types that are meant
 */
export async function replay(modules: readonly ModuleUnderCare[], history: History, action: Action): Promise<Resent> {
  const { subscriber } = history;
  const registrations = await registrationsOf(subscriber, modules);
  if (registrations.length === 0) throw takesNothing(knownOf(subscriber, modules));
  return resend(wantedOf(history, registrations), history, action, nextGeneration);
}

/**
 * What of these is meant.
 * @throws DomainError unless the subscriber takes what is meant, and declares that it bears to take it once more
 */
export function wantedOf<Some extends Registered>(
  { subscriber, type }: Pick<History, 'subscriber' | 'type'>,
  registrations: readonly Some[],
): Some[] {
  mustTake({ subscriber, type }, registrations);
  const wanted = registrations
    .map((each) => ({ ...each, types: each.types.filter((name) => type === undefined || name === type) }))
    .filter(({ types }) => types.length > 0);
  mustBearReplay(
    subscriber,
    wanted.flatMap(({ types, replayable }) => types.filter((each) => !replayable.includes(each))),
    wanted.flatMap(({ replayable }) => replayable),
  );
  return wanted;
}

/**
 * Has everything that is retained sent once more as it was the first time: the inbox drops what it has. For a receiver
 * whose database has forgotten what it took, as after the restore of a backup.
 * @param from one source; all of them otherwise
 */
export async function redeliver(
  modules: readonly ModuleUnderCare[],
  history: Pick<History, 'subscriber' | 'since'>,
  from: string | undefined,
  action: Action,
): Promise<Resent> {
  const sources = from === undefined ? modules : [moduleNamed(from, modules)];
  const registrations = await registrationsOf(history.subscriber, sources);
  if (registrations.length === 0) throw takesNothing(knownOf(history.subscriber, modules), from);
  return resend(registrations, history, action, async () => '0');
}

/** A module of another app is known here by what it has subscribed to. @throws DomainError for a name with a slip in it */
function knownOf(subscriber: string, modules: readonly ModuleUnderCare[]): string {
  return moduleNamed(subscriber, modules).database.module;
}

async function registrationsOf(subscriber: string, modules: readonly ModuleUnderCare[]) {
  const found = await Promise.all(
    modules.map(async ({ database }) => {
      const rows = await database.query<Registered>('select types, replayable from subscriber where name = $1', [
        subscriber,
      ]);
      return rows.map((row) => ({ source: database, ...row }));
    }),
  );
  return found.flat();
}

function mustTake(
  { subscriber, type }: Pick<History, 'subscriber' | 'type'>,
  registrations: readonly Registered[],
): void {
  const types = registrations.flatMap((each) => each.types);
  if (type === undefined || types.includes(type)) return;
  throw new DomainError(
    'unprocessable',
    'unknown-type',
    `${subscriber} does not take "${type}". ${suggestion(type, types)}`,
  );
}

export function takesNothing(subscriber: string, source?: string): DomainError {
  const from = source === undefined ? '' : ` from ${source}`;
  return new DomainError(
    'unprocessable',
    'takes-nothing',
    `"${subscriber}" has not subscribed to anything${from}, so there is nothing to send to it.`,
  );
}

function mustBearReplay(subscriber: string, refused: readonly string[], borne: readonly string[]): void {
  if (refused.length === 0) return;
  const instead = borne.length === 0 ? '' : ` Or replay one that is: ${borne.join(', ')}.`;
  throw new DomainError(
    'conflict',
    'not-replayable',
    `${subscriber} does not declare ${some(refused)} replayable, so what its handlers do might be done twice. ` +
      `Where they can bear that, say so in its subscriber, @Subscribe(…, { replayable: true }), and start that version.${instead}`,
  );
}

const MOST_NAMES = 3;

function some(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} other types` : names.join(', ');
}

async function resend(
  registrations: readonly { source: ModuleDatabase; types: string[] }[],
  history: History,
  action: Action,
  generationIn: (tx: Queries) => Promise<string>,
): Promise<Resent> {
  const sources: Resent['sources'] = [];
  for (const { source, types } of registrations) {
    const resent = await source.transaction((tx) => ask(tx, types, history, action, generationIn));
    if (resent.messages > 0) sources.push({ source: source.module, ...resent });
  }
  return { sources };
}

async function ask(
  tx: Queries,
  types: readonly string[],
  { subscriber, key, since, until }: History,
  action: Action,
  generationIn: (tx: Queries) => Promise<string>,
): Promise<{ messages: number; generation: number }> {
  const partitions =
    key === undefined ? Array.from({ length: PARTITIONS }, (_, partition) => partition) : [partitionOf(key)];
  const which = [partitions, types, key ?? null, since?.toISOString() ?? null, until?.toISOString() ?? null];
  const [retained] = await tx.query<{ messages: number }>(
    `select count(*)::int as messages from outbox
      where partition = any ($1::smallint[]) and type = any ($2::text[]) and ($3::text is null or key = $3)
        and ($4::timestamptz is null or uuid_time(event_id) >= $4)
        and ($5::timestamptz is null or uuid_time(event_id) < $5)`,
    which,
  );
  const messages = retained?.messages ?? 0;
  if (messages === 0) return { messages, generation: 0 };
  const generation = await generationIn(tx);
  await tx.query(
    `insert into replay (subscriber, generation, partition, types, key, since, until)
     select $6, $7, p, $2::text[], $3, $4::timestamptz, $5::timestamptz from unnest($1::smallint[]) p`,
    [...which, subscriber, generation],
  );
  await note(tx, { ...action, filter: { ...action.filter, generation } }, messages);
  await wake(tx);
  return { messages, generation: Number(generation) };
}

/**
 * One that was never used: by the clock, and after all that the audit knows, should the clock have been set back. Two
 * who ask at once take turns.
 */
async function nextGeneration(tx: Queries): Promise<string> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('seamline.replay.' || current_schema(), 0))`);
  const [next] = await tx.query<{ generation: string }>(
    `select greatest(
       (extract(epoch from clock_timestamp()) * 1000)::bigint,
       (select max((filter ->> 'generation')::bigint) + 1 from message_audit where action = 'replay')) as generation`,
  );
  return (next as { generation: string }).generation;
}
