import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Said, Talk, until } from '#test/talk';
import { PARTITIONS } from './layout.js';

const PAUSE = 'insert into listener.pause (type, key) values (null, null)';

describe('after a restore', () => {
  let talk: Talk;
  beforeAll(async () => {
    talk = await Talk.begin({ said: {} });
  });
  afterAll(() => talk.end());

  const said = (numbers: number[]) => numbers.map((n) => `said ${n}`);
  const upTo = (end: number) => Array.from({ length: end }, (_, n) => n);

  it.each([
    ['ahead of', '2000000000'],
    ['far behind', '5'],
  ])(
    'into another cluster, whose transaction ids are %s the old ones, nothing is lost, doubled or out of order',
    async (key, xid) => {
      await talk.say(key, [0, 1, 2]);
      await talk.hears(key, 3);
      await talk.sql.query(PAUSE);
      await talk.say(key, upTo(1_200).slice(3));
      // As pg_restore leaves it: transaction ids and snapshots of a cluster that is not this one.
      await talk.sql.query('update speaker.outbox set xid = $1', [xid]);
      await talk.sql.query(
        `insert into speaker.relay_position (subscriber, partition, move, s1, floor, last_id)
       select subscriber, partition, max(move) + 1000, ($1 || ':' || $1 || ':')::pg_snapshot, max(floor), 0
         from speaker.relay_position group by 1, 2`,
        [xid],
      );
      await talk.sql.query('update speaker.relay set cluster = 1');
      await talk.restart({ said: {} });
      await talk.sql.query('delete from listener.pause');
      await talk.say(key, [1_200]);
      await until(async () => (await talk.heard(key)).at(-1) === 'said 1200', 'all is heard');
      expect(await talk.heard(key)).toEqual(said(upTo(1_201)));
      const homes = await talk.sql.query(
        'select 1 from speaker.relay, pg_control_system() where cluster = system_identifier',
      );
      expect(homes.rows).toHaveLength(PARTITIONS);
    },
  );

  it('of the receiver alone, what it has forgotten is delivered once more on request, and what it knows is absorbed', async () => {
    await talk.say('forgotten', [1, 2, 3]);
    await talk.hears('forgotten', 3);
    // Its backup is from before the last two, and from before the last batches.
    const ids = await talk.sql.query<{ event_id: string }>(
      "select event_id from speaker.outbox where key = 'forgotten' order by id offset 1",
    );
    await talk.sql.query('delete from listener.inbox where event_id = any ($1)', [ids.rows.map((row) => row.event_id)]);
    await talk.sql.query("delete from listener.heard where key = 'forgotten' and n > 1");
    await talk.sql.query('delete from listener.lease_move');
    await talk.sql.query(
      `insert into speaker.replay (subscriber, partition, generation, types)
       select 'listener', p, 0, $1 from generate_series(0, ${PARTITIONS - 1}) p`,
      [[Said.name]],
    );
    expect(await talk.hears('forgotten', 3)).toEqual(said([1, 2, 3]));
    await talk.say('forgotten', [4]);
    expect(await talk.hears('forgotten', 4)).toEqual(said([1, 2, 3, 4]));
    for (const key of ['ahead of', 'far behind']) expect(await talk.heard(key)).toHaveLength(1_201);
  });
});
