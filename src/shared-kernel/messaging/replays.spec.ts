import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { listening, Said, Sang, SpeakerModule, Talk, until } from '#test/talk';
import { PARTITIONS } from './layout.js';

interface Asked {
  generation: number;
  types?: string[];
  key?: string;
  since?: Date;
  until?: Date;
}

describe('a replay', () => {
  let talk: Talk;
  let generation = 0;
  beforeAll(async () => {
    talk = await Talk.begin({ said: {}, sang: {} });
  });
  afterAll(() => talk.end());

  const ask = ({ generation, types = [Said.name, Sang.name], key, since, until }: Asked) =>
    talk.sql.query(
      `insert into speaker.replay (subscriber, partition, generation, types, key, since, until)
       select 'listener', p, $1, $2, $3, $4, $5 from generate_series(0, ${PARTITIONS - 1}) p`,
      [generation, types, key, since, until],
    );
  const done = () =>
    until(async () => (await talk.sql.query('select 1 from speaker.replay')).rows.length === 0, 'the replay is done');
  const said = (numbers: number[]) => numbers.map((n) => `said ${n}`);
  const upTo = (end: number) => Array.from({ length: end }, (_, n) => n);
  /** At the first word that is heard of the key; resolves when it is done. */
  const onHearing = (key: string, act: () => Promise<unknown>): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const hear = (event: Event) => {
        if ((event as CustomEvent<string>).detail !== key) return;
        listening.removeEventListener('heard', hear);
        act().then(resolve, reject);
      };
      listening.addEventListener('heard', hear);
    });

  it('of a new generation has the handlers run again, with nothing else to wake them; of a known one it is absorbed', async () => {
    await talk.say('again', [1, 2]);
    await talk.hears('again', 2);
    // The cursors have come to rest: there is nothing more to read.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await ask({ generation: ++generation });
    await done();
    expect(await talk.heard('again')).toEqual(said([1, 2, 1, 2]));
    for (const known of [0, generation]) {
      await ask({ generation: known });
      await done();
    }
    expect(await talk.heard('again')).toHaveLength(4);
  });

  it('brings only the types, the keys and the times that were asked for', async () => {
    await talk.say('picked', [1]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = new Date();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await talk.sing('picked', 2);
    await talk.say('picked', [3]);
    await talk.say('beside', [4]);
    await talk.hears('picked', 3);
    await talk.hears('beside', 1);
    const requests = [
      { types: [Sang.name], key: 'picked' },
      { key: 'picked', until: between },
      { key: 'picked', since: between },
    ];
    for (const request of requests) {
      await ask({ ...request, generation: ++generation });
      await done();
    }
    const again = ['sang 2', 'said 1', 'sang 2', 'said 3'];
    expect(await talk.heard('picked')).toEqual(['said 1', 'sang 2', 'said 3', ...again]);
    expect(await talk.heard('beside')).toEqual(['said 4']);
  });

  it('comes before what is published after it was asked for', async () => {
    await talk.say('behind', [1, 2]);
    await talk.hears('behind', 2);
    await ask({ generation: ++generation, key: 'behind' });
    await talk.say('behind', [3]);
    expect(await talk.hears('behind', 5)).toEqual(said([1, 2, 1, 2, 3]));
  });

  it('loses and doubles nothing when its relay dies in the middle, or ends in order', async () => {
    await talk.say('long', upTo(1_200));
    await talk.hears('long', 1_200);
    const dies = onHearing('long', () =>
      talk.sql.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'seamline speaker relay' and datname = current_database()",
      ),
    );
    await ask({ generation: ++generation, key: 'long' });
    await dies;
    await done();
    const ends = onHearing('long', () => talk.restart({ said: {}, sang: {} }));
    await ask({ generation: ++generation, key: 'long' });
    await ends;
    await done();
    expect(await talk.heard('long')).toEqual(said([...upTo(1_200), ...upTo(1_200), ...upTo(1_200)]));
  });

  it('brings to a subscriber that lags what it has had, and no more', async () => {
    const asked = onHearing('lagging', () => ask({ generation: ++generation, key: 'lagging' }));
    await talk.say('lagging', upTo(2_100));
    await asked;
    await done();
    await until(async () => (await talk.heard('lagging')).at(-1) === 'said 2099', 'all is heard');
    const heard = await talk.heard('lagging');
    const had = heard.length - 2_100;
    expect(heard).toEqual(said([...upTo(had), ...upTo(had), ...upTo(2_100).slice(had)]));
  });

  it('of a type that is new comes before what is newer, although a window is open', async () => {
    const take = (types: string[]) => talk.sql.query('update speaker.subscriber set types = $1', [types]);
    await take([Said.name]);
    await talk.sing('missed', 0);
    const subscribed = onHearing('missed', async () => {
      await talk.sql.query('begin');
      await take([Said.name, Sang.name]);
      await ask({ generation: 0, types: [Sang.name], key: 'missed' });
      await talk.sql.query('commit');
    });
    await talk.booted.transaction(SpeakerModule, async (tx) => {
      for (const n of upTo(1_800)) tx.publish(Said, { key: 'missed', n });
      tx.publish(Sang, { key: 'missed', n: 1 });
    });
    await subscribed;
    await done();
    const heard = await talk.hears('missed', 1_802);
    expect(heard.filter((word) => word.startsWith('sang'))).toEqual(['sang 0', 'sang 1']);
    expect(heard.filter((word) => word.startsWith('said'))).toEqual(said(upTo(1_800)));
  });
});
