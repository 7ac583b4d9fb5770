import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import pg from 'pg';
import { keptAwake } from '#test/kept-awake';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { migrate } from '../persistence/migrate.js';
import { Cursor } from './cursor.js';
import { DirectConnection } from './direct-connection.js';
import { MOST_READ, type OutboxRow, PAGE_BYTES, PAGE_ROWS } from './page.js';
import { Replays } from './replays.js';
import { UNACKNOWLEDGED } from './unacknowledged.js';
import { BEGINNING, Drawn, type Position, pageAfter } from './window.js';

const ROWS = 200_000;
const PARTITION = 0;
const FIRST_SLOT = 2 ** 32;

describe('a page', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let relay: DirectConnection;
  let letItSleep: () => void;

  beforeAll(async () => {
    database = await createTestDatabase({ modules: [{ name: 'teller', schema: 'teller' }] });
    await migrate(database.ownerUrl, 'teller', []);
    owner = new pg.Client({ connectionString: database.ownerUrl, options: '-c search_path=teller' });
    await owner.connect();
    relay = new DirectConnection(database.moduleUrls.teller as string, 'teller', 'teller');
    await relay.connect();
    letItSleep = keptAwake(relay);
    await owner.query(
      "insert into subscriber (name, types) values ('all', '{a,b}'), ('rare', '{b}'), ('large', '{large}'), ('mixed', '{mixed}')",
    );
    await owner.query(APPEND, [ROWS, 'a', '{"some":"thing"}']);
    await owner.query(
      "insert into relay_position (subscriber, partition, move, s1, floor, last_id) values ('all', 0, 1, pg_current_snapshot(), 0, 0)",
    );
    await owner.query('analyze outbox');
  });
  afterAll(async () => {
    letItSleep();
    await relay.end();
    await owner.end();
    await database.drop();
  });

  const snapshot = async () =>
    (await relay.query<{ s: string }>('select pg_current_snapshot()::text as s'))[0]?.s as string;
  const lookedAt = async () => {
    const [{ id } = { id: '0' }] = await relay.query<{ id: string }>('select last_value as id from outbox_id');
    const [{ xid } = { xid: '0' }] = await relay.query<{ xid: string }>('select pg_current_xact_id()::text as xid');
    const drawn = new Drawn(Number(id));
    drawn.settle(BigInt(xid), Number(id));
    return drawn;
  };
  const between = (s1: string, floor: number): Position => ({ s1, floor, s2: null, nextFloor: 0, lastId: 0 });
  /** The statement as it is run, with its values in their places, once analysed. */
  const costOf = async (position: Position, drawn: Drawn, subscriber = 'all', most = PAGE_ROWS) => {
    const { text, values } = pageAfter(position, PARTITION, subscriber, most, drawn);
    return costs(`${text}`, values);
  };
  const costs = async (text: string, values: unknown[] = []) => {
    // Prepared, as the relay does it: planned for any values, not for these.
    const name = `probe_${++probes}`;
    await relay.query(`prepare ${name} as ${text}`);
    const these = values.length > 0 ? `(${values.map(literal).join(', ')})` : '';
    const explain = () =>
      relay.query<{ 'QUERY PLAN': [Plan] }>(`explain (analyze, buffers, format json) execute ${name}${these}`);
    // The first one also reads what a connection then knows of tables and functions.
    await explain();
    const [answer] = await explain();
    const [plan] = (answer as { 'QUERY PLAN': [Plan] })['QUERY PLAN'];
    const { 'Shared Hit Blocks': hit, 'Shared Read Blocks': read } = plan.Plan;
    return { buffers: hit + read, planning: plan['Planning Time'] };
  };

  it('costs little when there is nothing new, in whatever state the position is', async () => {
    for (let n = 0; n < 3; n++) await relay.query('select pg_current_xact_id()');
    const s1 = await snapshot();
    const drawn = await lookedAt();
    const open: Position = { s1: '3:3:', floor: 0, s2: s1, nextFloor: 0, lastId: drawn.last };
    // A transaction was running when it was taken.
    const late = (snapshot: string) =>
      snapshot.replace(/^(\d+):(\d+):.*/, (_, __, xmax) => `${BigInt(xmax) - 2n}:${xmax}:${BigInt(xmax) - 2n}`);
    const positions = {
      settled: between(s1, drawn.last),
      'with a late transaction': between(late(s1), drawn.last),
      'inside a window': open,
      'inside a window with a late transaction': { ...open, s1: late(s1) },
    };
    for (const [state, position] of Object.entries(positions)) {
      const { buffers } = await costOf(position, drawn);
      expect({ state, few: buffers < 60 ? 'few' : buffers }).toEqual({ state, few: 'few' });
    }
  });

  it.each(['first', 'middle'])('costs what it reads when everything is a backlog: the %s one', async (which) => {
    const drawn = await lookedAt();
    const at =
      which === 'first' ? { ...BEGINNING, lastId: FIRST_SLOT } : { ...BEGINNING, lastId: FIRST_SLOT + ROWS / 2 };
    const { buffers } = await costOf({ ...at, s2: await snapshot() }, drawn);
    // Each row may lie on a page of its own, with an entry of the index.
    expect(buffers).toBeLessThan(4 * PAGE_ROWS);
  });

  it('looks at a bounded part of a backlog of which nothing is wanted, and comes to its end all the same', async () => {
    await owner.query(APPEND, [4, 'b', '{}']);
    // As if millions lay between.
    await owner.query("select setval('outbox_id', last_value + 3000000) from outbox_id");
    await owner.query(APPEND, [4, 'b', '{}']);
    const cursor = new Cursor(relay, await lookedAt(), 'rare', PARTITION, 0);
    const sizes: number[] = [];
    for (let position: Position = BEGINNING; sizes.length < 30; ) {
      const { rows, next } = await cursor.read(position);
      sizes.push(rows.length);
      position = next;
      if (position.s2 === null) break;
    }
    expect(sizes.filter((size) => size > 0)).toEqual([1, 1]);
    expect(sizes.length).toBeLessThan(10);
  });

  it('costs no more because a transaction that still runs has written much', async () => {
    const writer = new pg.Client({ connectionString: database.ownerUrl, options: '-c search_path=teller' });
    await writer.connect();
    await writer.query('begin');
    await writer.query('select pg_current_xact_id()');
    const s1 = await snapshotWithOneRunning();
    const drawn = await lookedAt();
    await writer.query(APPEND, [40_000, 'a', '{}']);
    const { buffers } = await costOf(between(s1, await lastDrawn()), drawn);
    // Whoever else runs in the cluster is looked for as well; forty thousand rows would be hundreds of pages.
    expect(buffers).toBeLessThan(200);
    await writer.query('commit');
    const page = await costOf(between(s1, await lastDrawn()), drawn);
    expect(page.buffers).toBeLessThan(8 * PAGE_ROWS);
    await writer.end();
  });

  it('has so many bytes at most, but at least one message', async () => {
    const start = await lastDrawn();
    await owner.query(APPEND, [400, 'large', JSON.stringify({ text: 'x'.repeat(256 * 1024 - 11) })]);
    const cursor = new Cursor(relay, await lookedAt(), 'large', PARTITION, 0);
    const pages: number[] = [];
    for (let position: Position = between('3:3:', start); ; ) {
      const { rows, next } = await cursor.read(position);
      pages.push(rows.length);
      position = next;
      if (position.s2 === null) break;
    }
    expect(pages.reduce((sum, rows) => sum + rows)).toBe(100);
    expect(Math.max(...pages)).toBe(PAGE_BYTES / (256 * 1024));
    await owner.query(APPEND, [8, 'large', JSON.stringify({ text: 'x'.repeat(9 * PAGE_BYTES) })]);
    const huge = new Cursor(relay, await lookedAt(), 'large', PARTITION, 0);
    const { rows } = await huge.read(between('3:3:', (await lastDrawn()) - 8));
    expect(rows).toHaveLength(1);
  });

  it('of a replay has so many bytes at most', async () => {
    await owner.query(
      "insert into replay (subscriber, partition, generation, types) values ('large', 0, 1, '{large}')",
    );
    const pages: number[] = [];
    const cursor = new Cursor(relay, await lookedAt(), 'large', PARTITION, 0);
    await new Replays(relay).send(cursor, between(await snapshot(), 0), async (rows) => {
      pages.push(rows.length);
      return true;
    });
    expect(pages.reduce((sum, rows) => sum + rows)).toBe(102);
    expect(Math.max(...pages)).toBe(PAGE_BYTES / (256 * 1024));
  });

  describe('of small messages and large ones', () => {
    /** In bytes: in no order, then many of which as many as make a batch may be read at once, then small ones. */
    const sizes = [
      ...Array.from({ length: 200 }, (_, n) => ((n * n) % 7 < 2 ? 256 * 1024 : 100 + n)),
      ...new Array<number>(600).fill(8_300),
      ...new Array<number>(2 * PAGE_ROWS).fill(100),
    ];
    let start: number;
    let snapshotBefore: string;
    beforeAll(async () => {
      start = await lastDrawn();
      snapshotBefore = await snapshot();
      await owner.query(APPEND_SIZES, [sizes]);
    });
    afterEach(() => {
      jest.restoreAllMocks();
    });

    const numbers = (rows: readonly OutboxRow[]): number[] => rows.map(({ envelope }) => JSON.parse(envelope).n);
    const bytesIn = (rows: readonly { envelope: string }[]) =>
      rows.reduce((sum, { envelope }) => sum + Buffer.byteLength(envelope), 0);
    /** Answers how many bytes came from the server since the last time. */
    const listening = () => {
      const arrays = jest.spyOn(relay, 'arrays');
      return async () => {
        const answers = await Promise.all(arrays.mock.results.map(({ value }) => value as Promise<unknown[][]>));
        arrays.mockClear();
        return bytesIn(answers.flat().map(([, envelope]) => ({ envelope: `${envelope ?? ''}` })));
      };
    };
    const expectSound = (pages: readonly (readonly OutboxRow[])[], answered: readonly number[]) => {
      expect(pages.flatMap(numbers)).toEqual(sizes.map((_, n) => n));
      expect(pages.filter((rows) => rows.length > 1 && bytesIn(rows) > PAGE_BYTES)).toEqual([]);
      // Once more when the first had to be read alone.
      expect(Math.max(...answered)).toBeLessThan(MOST_READ + 2 * 256 * 1024);
      expect(Math.max(...pages.map(({ length }) => length))).toBe(PAGE_ROWS);
    };

    it('brings all of them in order, and never much at once', async () => {
      const cursor = new Cursor(relay, await lookedAt(), 'mixed', PARTITION, 0);
      const pages: OutboxRow[][] = [];
      const answered: number[] = [];
      const heard = listening();
      for (let position: Position = between(snapshotBefore, start); ; ) {
        const { rows, next } = await cursor.read(position);
        pages.push([...rows]);
        answered.push(await heard());
        position = next;
        if (position.s2 === null) break;
      }
      expectSound(pages, answered);
    });

    it('brings all of them in order, and never much at once, of a replay', async () => {
      await owner.query(
        "insert into replay (subscriber, partition, generation, types) values ('mixed', 0, 1, '{mixed}')",
      );
      const cursor = new Cursor(relay, await lookedAt(), 'mixed', PARTITION, 0);
      const pages: OutboxRow[][] = [];
      const answered: number[] = [];
      const heard = listening();
      await new Replays(relay).send(cursor, between(await snapshot(), 0), async (rows) => {
        pages.push([...rows]);
        answered.push(await heard());
        return true;
      });
      expectSound(pages, answered);
    });
  });

  it('is not needed to know that nothing is unacknowledged', async () => {
    await relay.query(
      `insert into relay_position (subscriber, partition, move, s1, floor, last_id)
       select 'all', 0, 2, pg_current_snapshot(), last_value, 0 from outbox_id`,
    );
    await owner.query("delete from subscriber where name <> 'all'");
    const { buffers } = await costs(`select exists (${UNACKNOWLEDGED})`);
    expect(buffers).toBeLessThan(1_000);
  });

  const lastDrawn = async () =>
    Number((await relay.query<{ id: string }>('select last_value as id from outbox_id'))[0]?.id);
  /** A later transaction has ended, so that the snapshot knows the one that runs. */
  const snapshotWithOneRunning = async () => {
    await relay.query('select pg_current_xact_id()');
    return snapshot();
  };
});

/** So many rows, evenly over the partitions. */
const APPEND = `
  insert into outbox (partition, event_id, type, key, envelope)
  select n % 4, gen_random_uuid(), $2, 'k' || n % 1000, $3 from generate_series(1, $1) n`;

/** One of each size, in bytes, with its number. */
const APPEND_SIZES = `
  insert into outbox (partition, event_id, type, key, envelope)
  select ${PARTITION}, gen_random_uuid(), 'mixed', 'k', json_build_object('n', n - 1, 'text', repeat('x', bytes - 40))
    from unnest($1::int[]) with ordinality as u (bytes, n) order by n`;

interface Plan {
  readonly Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number };
  readonly 'Planning Time': number;
}

let probes = 0;

function literal(value: unknown): string {
  if (value === null) return 'null';
  return pg.escapeLiteral(Array.isArray(value) ? `{${value.join(',')}}` : String(value));
}
