import { afterEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Said, Sang, Talk, until } from '#test/talk';
import { DirectConnection } from './direct-connection.js';
import { PARTITIONS } from './layout.js';
import { register, type Subscriber } from './subscribers.js';

describe('a subscription', () => {
  let talk: Talk;
  afterEach(() => talk.end());

  it('that is added later hears what is retained when it starts from the beginning, each key in order', async () => {
    talk = await Talk.begin({ said: {} });
    await talk.sing('early', 1, 2);
    await talk.say('early', [3]);
    await talk.hears('early', 1);
    await talk.restart({ said: {}, sang: { from: 'beginning' } });
    await talk.sing('early', 4, 5);
    expect(await talk.hears('early', 5)).toEqual(['said 3', 'sang 1', 'sang 2', 'sang 4', 'sang 5']);
    await until(async () => (await replays()) === 0, 'the replays are done');
    expect(await talk.heard('early')).toHaveLength(5);
  });

  it('that is added later hears what comes when it starts now, whatever its module took before', async () => {
    talk = await Talk.begin({ said: {} });
    await talk.sing('early', 1);
    await talk.say('early', [2]);
    await talk.hears('early', 1);
    await talk.restart({ said: {}, sang: { from: 'now' } });
    await talk.sing('early', 3);
    expect(await talk.hears('early', 2)).toEqual(['said 2', 'sang 3']);
  });

  it('of a module that is new starts for each type as that declares, in an outbox that nobody read before', async () => {
    talk = await Talk.begin({});
    await talk.say('old', [1]);
    await talk.sing('old', 2);
    await talk.restart({ said: { from: 'now' }, sang: { from: 'beginning' } });
    await talk.hears('old', 1);
    await talk.say('old', [3]);
    expect(await talk.hears('old', 2)).toEqual(['sang 2', 'said 3']);
  });

  it('of a module that is new hears everything when all its types start from the beginning', async () => {
    talk = await Talk.begin({});
    await talk.say('old', [1]);
    await talk.sing('old', 2);
    await talk.restart({ said: {}, sang: {} });
    expect(await talk.hears('old', 2)).toEqual(['said 1', 'sang 2']);
    expect(await replays()).toBe(0);
  });

  it('that this version does not know is kept, and what comes for it waits as dead letters for a version that does', async () => {
    talk = await Talk.begin({ said: {}, sang: {} });
    await talk.restart({ said: {} });
    await talk.sing('unknown', 1, 2);
    await talk.say('unknown', [3]);
    await talk.hears('unknown', 1);
    const dead = await talk.sql.query('select type, unknown_type from listener.dead_letter order by seq');
    expect(dead.rows).toEqual(Array.from({ length: 2 }, () => ({ type: Sang.name, unknown_type: true })));
    await talk.restart({ said: {}, sang: {} });
    expect(await talk.hears('unknown', 3)).toEqual(['said 3', 'sang 1', 'sang 2']);
  });

  it('that is declared retired stops, also when it was the last one', async () => {
    talk = await Talk.begin({ said: {}, sang: {} });
    await talk.restart({ said: {}, retired: [Sang.name] });
    await talk.sing('retired', 1);
    await talk.say('retired', [2]);
    expect(await talk.hears('retired', 1)).toEqual(['said 2']);
    expect((await talk.sql.query('select 1 from listener.dead_letter')).rows).toEqual([]);
    await talk.restart({ retired: [Sang.name, Said.name] });
    await until(async () => (await types()).length === 0, 'nothing is wanted');
  });

  it('is registered once by two processes that start at once, and leaves no replay behind', async () => {
    talk = await Talk.begin({});
    const said = { name: Said.name, from: 'beginning', replayable: false } as const;
    const wanted: Subscriber[] = Array.from({ length: 5 }, (_, n) => ({ name: `s${n}`, types: [said], retired: [] }));
    const url = talk.booted.databaseUrl;
    const processes = Array.from({ length: 4 }, () => new DirectConnection(url, 'speaker', 'speaker'));
    for (const each of processes) await each.connect();
    await Promise.all(processes.map((each) => register(each, wanted, new Logger('test'))));
    for (const each of processes) await each.end();
    expect(await replays()).toBe(0);
    const positions = await talk.sql.query(
      'select subscriber, s1::text, count(*)::int as n from speaker.relay_position group by 1, 2 order by 1',
    );
    expect(positions.rows).toEqual(wanted.map(({ name }) => ({ subscriber: name, s1: '3:3:', n: PARTITIONS })));
  });

  const replays = async () => (await talk.sql.query('select 1 from speaker.replay')).rows.length;
  const types = async () => (await talk.sql.query('select unnest(types) from speaker.subscriber')).rows;
});
