import type { Logger } from '@nestjs/common';
import type { DirectConnection } from './direct-connection.js';
import { PARTITIONS } from './layout.js';
import { BEGINNING } from './window.js';

/** Where a subscription that is new to a running system starts. */
export type Start = 'now' | 'beginning';

/** A module that takes messages of another's outbox, or of its own. */
export interface Subscriber {
  readonly name: string;
  readonly types: readonly { readonly name: string; readonly from: Start; readonly replayable: boolean }[];
  /** Types that it took once and has declared to take no more. */
  readonly retired: readonly string[];
}

/**
 * Writes down what the subscribers of this process want, before anything is sent. What another version of the program
 * wanted stays until it is declared retired: nothing is passed by because an older or newer version happens to lead.
 */
export async function register(
  client: DirectConnection,
  subscribers: readonly Subscriber[],
  log: Logger,
): Promise<void> {
  for (const subscriber of subscribers) await registerOne(client, subscriber);
  const gone = await client.query<{ name: string }>('select name from subscriber where not (name = any ($1))', [
    subscribers.map(({ name }) => name),
  ]);
  for (const { name } of gone) {
    log.warn(
      `"${name}" subscribed once and takes nothing now: its messages are kept. If it is gone for good, say so: seamline messages forget --subscriber ${name}`,
    );
  }
}

async function registerOne(client: DirectConnection, { name, types, retired }: Subscriber): Promise<void> {
  const wanted = types.map((type) => type.name);
  const replayable = wanted.filter((name) => types.every((type) => type.name !== name || type.replayable));
  const fromBeginning = types.filter(({ from }) => from === 'beginning').map((type) => type.name);
  // In one statement, so that of two processes that start together one registers and the other finds it done.
  await client.query(
    `with known as (select types from subscriber where name = $1),
      put as (
        insert into subscriber (name, types, replayable) values ($1, $2, $5)
        on conflict (name) do update set replayable = excluded.replayable, types = array(
          select distinct t from unnest(subscriber.types || excluded.types) t where not (t = any ($3)) order by t)
        returning (xmax = 0) as is_new),
      start as (
        insert into relay_position (subscriber, partition, move, s1, floor, last_id)
        select $1, p, 1,
               case when $2::text[] <@ $4::text[] then '${BEGINNING.s1}'::pg_snapshot else pg_current_snapshot() end, 0, 0
          from put, generate_series(0, ${PARTITIONS - 1}) p where put.is_new
        on conflict do nothing)
     insert into replay (subscriber, partition, generation, types)
     select $1, p, 0, missed.types
       from put, generate_series(0, ${PARTITIONS - 1}) p,
            (select array(select t from unnest($4::text[]) t
                           where not (t = any (coalesce((select types from known), '{}')))) as types) missed
      where missed.types <> '{}' and not (put.is_new and $2::text[] <@ $4::text[])`,
    [name, wanted, retired, fromBeginning, replayable],
  );
}
