import type { Logger } from '@nestjs/common';
import type { DirectConnection } from './direct-connection.js';
import { PARTITIONS } from './layout.js';
import { BEGINNING, LAST_DRAWN, lastDrawn } from './window.js';

/** Where a subscription that is new to a running system starts. */
export type Start = 'now' | 'beginning';

/** A module that takes messages of another's outbox, or of its own. */
export interface Subscriber {
  readonly name: string;
  readonly types: readonly { readonly name: string; readonly from: Start; readonly replayable: boolean }[];
  /** Types that it took once and has declared to take no more. */
  readonly retired: readonly string[];
}

/** Processes that start together register one after the other. */
const ONE_AT_A_TIME = `hashtextextended('seamline.subscribers.' || current_schema(), 0)`;

/**
 * Writes down what the subscribers of this process want, before anything is sent. What another version of the program
 * wanted stays until it is declared retired: nothing is passed by because an older or newer version happens to lead.
 *
 * A new subscriber starts with all that is retained, or now. One that takes more types than before goes on from where it
 * stands; of the types that it wants from the beginning, a replay brings what it has passed.
 */
export async function register(
  client: DirectConnection,
  subscribers: readonly Subscriber[],
  log: Logger,
): Promise<void> {
  await client.query(`select pg_advisory_lock(${ONE_AT_A_TIME})`);
  const floor = await floorOfNow(client);
  for (const subscriber of subscribers) {
    await (subscriber.types.length > 0 ? registerOne(client, subscriber, floor) : retireAll(client, subscriber));
  }
  await client.query(`select pg_advisory_unlock(${ONE_AT_A_TIME})`);
  await tellOfTheGone(client, subscribers, log);
}

/** Of those who take nothing any more and have not said so, what they have not had is kept. */
export async function tellOfTheGone(
  client: DirectConnection,
  subscribers: readonly Subscriber[],
  log: Logger,
): Promise<void> {
  const gone = await client.query<{ name: string }>(
    'select name from subscriber where not (name = any ($1)) and types <> array[]::text[]',
    [subscribers.map(({ name }) => name)],
  );
  for (const { name } of gone) {
    log.warn(
      `"${name}" subscribed once and takes nothing now: its messages are kept. If it is gone for good, say so: seamline messages forget --subscriber ${name}`,
    );
  }
}

/** An id that was drawn before a transaction id that has ended: below all that a snapshot from here on has not seen; see `Settled`. */
async function floorOfNow(client: DirectConnection): Promise<number> {
  const [drawn] = await client.query<{ id: string | null }>(`select ${LAST_DRAWN} as id`);
  await client.query('select pg_current_xact_id()');
  return lastDrawn(drawn?.id);
}

async function registerOne(
  client: DirectConnection,
  { name, types, retired }: Subscriber,
  floorOfNow: number,
): Promise<void> {
  const wanted = types.map((type) => type.name);
  const replayable = wanted.filter((name) => types.every((type) => type.name !== name || type.replayable));
  const fromBeginning = types.filter(({ from }) => from === 'beginning').map((type) => type.name);
  // In one statement: no process may end between the new types and the replay of what they have missed.
  await client.query(
    `with known as (select types from subscriber where name = $1),
      put as (
        insert into subscriber (name, types, replayable) values ($1, $2, $5)
        on conflict (name) do update set replayable = excluded.replayable, types = array(
          select distinct t from unnest(subscriber.types || excluded.types) t where not (t = any ($3)) order by t)),
      begun as (select not exists (select 1 from known) as is_new, $2::text[] <@ $4::text[] as at_beginning),
      start as (
        insert into relay_position (subscriber, partition, move, s1, floor, last_id)
        select $1, p, 1,
               case when at_beginning then '${BEGINNING.s1}'::pg_snapshot else pg_current_snapshot() end,
               case when at_beginning then ${BEGINNING.floor} else $6::bigint end, 0
          from begun, generate_series(0, ${PARTITIONS - 1}) p where is_new)
     insert into replay (subscriber, partition, generation, types)
     select $1, p, 0, missed.types
       from begun, generate_series(0, ${PARTITIONS - 1}) p,
            (select array(select t from unnest($4::text[]) t
                           where not (t = any (coalesce((select types from known), '{}')))) as types) missed
      where missed.types <> '{}' and not (is_new and at_beginning)`,
    [name, wanted, retired, fromBeginning, replayable, floorOfNow],
  );
}

/** It takes nothing any more, and has said so. */
async function retireAll(client: DirectConnection, { name, retired }: Subscriber): Promise<void> {
  await client.query(
    'update subscriber set types = array(select t from unnest(types) t where not (t = any ($2))) where name = $1',
    [name, retired],
  );
}
