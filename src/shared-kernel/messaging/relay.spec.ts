import { type AddressInfo, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Instance } from '#test/booted-modules';
import { keptAwake } from '#test/kept-awake';
import { listening, Talk, until } from '#test/talk';
import { InProcessTransport } from '../transports/in-process.js';
import { DirectConnection } from './direct-connection.js';
import { PARTITIONS } from './layout.js';
import { partitionOf } from './outbox.js';
import { Relay } from './relay.js';

const ALL = Array.from({ length: PARTITIONS }, (_, n) => n);
/** A key of each partition. */
const KEYS = ALL.map((partition) => {
  for (let n = 0; ; n++) if (partitionOf(`k${n}`) === partition) return `k${n}`;
});

describe('instances of one program on one database', () => {
  let talk: Talk;
  const others: Instance[] = [];
  beforeAll(async () => {
    talk = await Talk.begin({ said: {} });
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.close();
  });
  afterAll(() => talk.end());

  const join = async () => {
    const instance = await talk.booted.another();
    others.push(instance);
    return instance;
  };
  /** The partitions that each session leads. */
  const led = async () => {
    const { rows } = await talk.sql.query<{ pid: number; partitions: number[] }>(
      `select pid, array_agg(objid::int order by objid::int) filter (where objid < ${PARTITIONS}) as partitions from pg_locks
        where locktype = 'advisory' and objsubid = 2 and classid = hashtext('seamline.relay.speaker')::oid
          and database = (select oid from pg_database where datname = current_database())
        group by pid`,
    );
    return new Map(rows.map(({ pid, partitions }) => [pid, partitions ?? []]));
  };
  const shares = async () => [...(await led()).values()].map((partitions) => partitions.length).sort();
  const settle = (expected: number[], withinMs?: number) =>
    until(async () => String(await shares()) === String(expected), `shares of ${expected}`, withinMs);
  const count = async (n: number) =>
    (await talk.sql.query('select count(*)::int as n from listener.heard where key = any ($1) and n = $2', [KEYS, n]))
      .rows[0].n;

  it('share the partitions, whoever joins or leaves, while all is heard once and in order', async () => {
    await settle([4]);
    let n = 0;
    let talking = true;
    const speaking = (async () => {
      for (; talking; n++) {
        for (const key of KEYS) await talk.say(key, [n]);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    const second = await join();
    await settle([2, 2]);
    await join();
    await settle([0, 2, 2]);
    others.splice(others.indexOf(second), 1);
    await second.close();
    await settle([2, 2]);
    talking = false;
    await speaking;
    await until(async () => (await count(n - 1)) === KEYS.length, 'the last words');
    const numbers = Array.from({ length: n }, (_, each) => `said ${each}`);
    for (const key of KEYS) expect(await talk.heard(key)).toEqual(numbers);
  });

  it('tell each other at once what they write for partitions that another leads', async () => {
    await settle([4]);
    const [mine] = [...(await led()).keys()];
    await join();
    await settle([2, 2]);
    const own = (await led()).get(mine as number);
    const theirs = KEYS.filter((_, partition) => !own?.includes(partition));
    const waits: number[] = [];
    for (let n = 0; n < 15; n++) {
      const key = theirs[n % theirs.length] as string;
      const heard = new Promise((resolve) => listening.addEventListener('heard', resolve, { once: true }));
      const started = performance.now();
      await talk.say(key, [n]);
      await heard;
      waits.push(performance.now() - started);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    // Without being told they would look every half second, the first time right after they have heard of the one before.
    expect(waits.sort((a, b) => a - b)[7]).toBeLessThan(300);
  });

  it('take over from one whose connection breaks, and from one that is frozen', async () => {
    await settle([4]);
    for (const end of ['breaks', 'is silent']) {
      const stranger = await present();
      // It is counted, and leads what the others let go.
      await settle([0, 2]);
      for (const partition of ALL)
        await stranger.connection.query("select pg_try_advisory_lock(hashtext('seamline.relay.speaker'), $1)", [
          partition,
        ]);
      await settle([2, 2]);
      stranger.fallsSilent();
      if (end === 'breaks') (stranger.connection as unknown as Inside).client.connection.stream.destroy();
      await settle([4], 25_000);
    }
    await talk.say('after', [1]);
    expect(await talk.hears('after', 1)).toEqual(['said 1']);
  }, 90_000);

  /** A session that looks like another instance, but does nothing. */
  const present = async () => {
    const connection = new DirectConnection(talk.booted.databaseUrl, 'speaker', 'speaker');
    await connection.connect();
    await connection.query("select pg_advisory_lock_shared(hashtext('seamline.relay.speaker'), 1000)");
    return { connection, fallsSilent: keptAwake(connection) };
  };
});

/** To break a connection as the end of its process does. */
interface Inside {
  readonly client: { readonly connection: { readonly stream: { destroy(): void } } };
}

describe('a relay whose database is away', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('says so once, however often it tries', async () => {
    const said: unknown[] = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((line) => void said.push(line));
    let tries = 0;
    const away = createServer((socket) => {
      tries++;
      socket.destroy();
    });
    await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve));
    const { port } = away.address() as AddressInfo;
    const relay = new Relay({
      module: 'orders',
      schema: 'orders',
      url: `postgres://me:secret@127.0.0.1:${port}/shop`,
      transport: new InProcessTransport(),
      subscribers: [{ name: 'billing', types: [], retired: [] }],
    });
    relay.start();
    await until(async () => tries >= 5, 'five tries');
    await relay.stop();
    away.close();
    expect(said).toEqual([expect.stringMatching(/^Relay interrupted, starting again: /)]);
  });
});
