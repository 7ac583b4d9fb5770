import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { keptAwake } from '#test/kept-awake';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { migrate } from '../persistence/migrate.js';
import { Cursor } from './cursor.js';
import { DirectConnection } from './direct-connection.js';
import { OUTBOX_SLOTS } from './layout.js';
import { PAGE_ROWS } from './page.js';
import { Drawn, LAST_DRAWN, type Position } from './window.js';

/** One that takes everything and one that takes half of it, so that windows have gaps. */
const SUBSCRIBERS = { everything: ['a', 'b'], half: ['b'] };
const WRITERS = 4;
const KEYS = 3;
const PARTITION = 0;

/** What happens, in any order; what makes no sense at that moment is passed by, so that every shorter story is one too. */
type Event =
  | { do: 'takeXid' | 'savepoint' | 'rollBackTo' | 'commit' | 'abort'; writer: number }
  | { do: 'append'; writer: number; key: number; types: ('a' | 'b')[]; bytes: number }
  | { do: 'deliver' | 'readInVain'; subscriber: keyof typeof SUBSCRIBERS }
  | { do: 'keep'; subscriber: keyof typeof SUBSCRIBERS }
  | { do: 'crash' }
  | { do: 'look' }
  | { do: 'turn'; times: number };

const writer = fc.nat(WRITERS - 1);
const subscriber = fc.constantFrom('everything' as const, 'half' as const);
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      writer,
      key: fc.nat(KEYS - 1),
      types: fc.array(fc.constantFrom('a' as const, 'b' as const), { minLength: 1, maxLength: 4 }),
      // Too large to be read with many others, and so large that two are no page.
      bytes: fc.oneof(
        { weight: 12, arbitrary: fc.constant(0) },
        { weight: 4, arbitrary: fc.constant(10_000) },
        { weight: 1, arbitrary: fc.constant(300_000) },
      ),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('commit' as const), writer }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('takeXid' as const, 'savepoint' as const, 'rollBackTo' as const, 'abort' as const),
      writer,
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('deliver' as const), subscriber }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('keep' as const, 'readInVain' as const), subscriber }) },
  { weight: 2, arbitrary: fc.constantFrom<Event>({ do: 'look' }, { do: 'crash' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('turn' as const), times: fc.integer({ min: 1, max: 3 }) }) },
);

const story = fc.record({
  limit: fc.oneof({ weight: 2, arbitrary: fc.integer({ min: 1, max: 6 }) }, fc.constant(PAGE_ROWS)),
  slot: fc.integer({ min: 1, max: 2 * OUTBOX_SLOTS }),
  events: fc.array(event, { minLength: 10, maxLength: 40, size: 'max' }),
});

describe('a window over the outbox', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let writers: pg.Client[];
  let relay: DirectConnection;
  let letItSleep: () => void;

  beforeAll(async () => {
    database = await createTestDatabase({ modules: [{ name: 'teller', schema: 'teller' }] });
    await migrate(database.ownerUrl, 'teller', []);
    owner = await connect(database.ownerUrl);
    await owner.query("alter function recycle_outbox set lock_timeout = '10ms'");
    const url = database.moduleUrls.teller as string;
    writers = await Promise.all(Array.from({ length: WRITERS }, () => connect(url)));
    relay = new DirectConnection(url, 'teller', 'teller');
    await relay.connect();
    letItSleep = keptAwake(relay);
  });
  afterAll(async () => {
    letItSleep();
    await relay.end();
    for (const client of [owner, ...writers]) await client.end();
    await database.drop();
  });
  beforeEach(() => begin(1));

  /** An empty outbox whose sequence is in that slot. */
  const begin = async (slot: number) => {
    for (const client of writers) await client.query('rollback');
    const subscribers = Object.entries(SUBSCRIBERS).map(
      ([name, types]) => `('${name}', array['${types.join("','")}'])`,
    );
    await owner.query(
      `delete from outbox; delete from relay_position; delete from subscriber; delete from outbox_ring;
       update relay set epoch = 0; select setval('outbox_id', ${slot}::bigint << 32);
       insert into outbox_ring (slot) values (${slot}); insert into subscriber (name, types) values ${subscribers};
       insert into relay_position (subscriber, partition, move, s1, floor, last_id)
       select name, ${PARTITION}, 0, '3:3:', 0, 0 from subscriber`,
    );
  };

  it('delivers what was committed, all of it, once without a crash, each key in order, whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ limit, slot, events }) => {
        await begin(slot);
        const world = new World(owner, writers, relay, limit);
        for (const each of events) await world.live(each);
        await world.end();
        expect(world.problems).toEqual([]);
      }),
      { numRuns: 200, interruptAfterTimeLimit: 15_000 },
    );
  }, 90_000);

  it('believes no id to be drawn before it is, while others draw', async () => {
    const [drawing, looking] = writers as [pg.Client, pg.Client];
    let isOver = false;
    const draw = async () => {
      while (!isOver) await drawing.query("select count(nextval('outbox_id')) from generate_series(1, 20000)");
    };
    const look = async () => {
      for (const end = Date.now() + 1_500; Date.now() < end; )
        await looking.query(`
          do $$
          declare believed bigint;
          begin
            for n in 1..1000 loop
              believed := ${LAST_DRAWN};
              if nextval('outbox_id') <= believed then raise '% was not drawn yet', believed; end if;
            end loop;
          end $$`);
    };
    await Promise.all([
      draw(),
      look().finally(() => {
        isOver = true;
      }),
    ]);
  });

  it('looks into a slot that was opened since the sequence was looked at', async () => {
    const world = new World(owner, writers, relay, 10);
    await world.live({ do: 'deliver', subscriber: 'everything' });
    await world.live({ do: 'turn', times: 1 });
    await world.live({ do: 'append', writer: 1, key: 0, types: ['a'], bytes: 0 });
    await world.live({ do: 'commit', writer: 1 });
    await world.live({ do: 'deliver', subscriber: 'everything' });
    await world.end();
    expect(world.problems).toEqual([]);
  });

  it('loses no row whose transaction, the newest of all, drew its id before the window was opened', async () => {
    const world = new World(owner, writers, relay, 10);
    await world.live({ do: 'append', writer: 1, key: 0, types: ['a'], bytes: 0 });
    await world.live({ do: 'look' });
    await world.live({ do: 'deliver', subscriber: 'everything' });
    await world.live({ do: 'commit', writer: 1 });
    await world.end();
    expect(world.problems).toEqual([]);
  });
});

interface Row {
  readonly id: number;
  readonly key: number;
  readonly type: string;
}

interface Open {
  rows: Row[];
  keys: Set<number>;
  savepoint?: { rows: Row[]; keys: Set<number> };
}

/** The outbox with its writers and readers on one side, and on the other what ought to have come of it. */
class World {
  readonly problems: string[] = [];
  private readonly open = new Map<number, Open>();
  private readonly committed: Row[] = [];
  private readonly readers: Reader[];
  private drawn = new Drawn();
  private epoch = 0;

  constructor(
    private readonly owner: pg.Client,
    private readonly writers: pg.Client[],
    private readonly relay: DirectConnection,
    private readonly limit: number,
  ) {
    this.readers = Object.keys(SUBSCRIBERS).map((name) => new Reader(name));
  }

  async live(event: Event): Promise<void> {
    if (event.do === 'look') return this.look();
    if (event.do === 'crash') return this.crash();
    if (event.do === 'turn') return this.turn(event.times);
    if ('subscriber' in event) return this.read(event);
    return this.write(event, this.writers[event.writer] as pg.Client);
  }

  /** All transactions end, and everything is read. */
  async end(): Promise<void> {
    for (const [writer, client] of this.writers.entries())
      await this.write({ do: writer % 2 ? 'commit' : 'abort', writer }, client);
    await this.look();
    for (const reader of this.readers) {
      await this.started(reader);
      await reader.drain(new Cursor(this.relay, this.drawn, reader.name, PARTITION, this.epoch, 100));
      const wanted = SUBSCRIBERS[reader.name as keyof typeof SUBSCRIBERS];
      this.problems.push(...reader.compare(this.committed.filter(({ type }) => wanted.includes(type))));
    }
  }

  private async write(event: Extract<Event, { writer: number }>, client: pg.Client): Promise<void> {
    const open = this.open.get(event.writer);
    if (event.do === 'append') return this.append(event, client);
    if (event.do === 'takeXid') {
      await this.opened(event.writer, client);
      await client.query('select pg_current_xact_id()');
      return;
    }
    if (!open) return;
    if (event.do === 'savepoint') {
      await client.query('savepoint here');
      open.savepoint = { rows: [...open.rows], keys: new Set(open.keys) };
    } else if (event.do === 'rollBackTo') {
      if (!open.savepoint) return;
      await client.query('rollback to here');
      open.rows = [...open.savepoint.rows];
      open.keys = new Set(open.savepoint.keys);
    } else {
      await client.query(event.do === 'commit' ? 'commit' : 'rollback');
      if (event.do === 'commit') this.committed.push(...open.rows);
      this.open.delete(event.writer);
    }
  }

  private async append(
    { writer, key, types, bytes }: Extract<Event, { do: 'append' }>,
    client: pg.Client,
  ): Promise<void> {
    const isLocked = [...this.open].some(([other, { keys }]) => other !== writer && keys.has(key));
    if (isLocked) return;
    const open = await this.opened(writer, client);
    open.keys.add(key);
    await client.query('select pg_advisory_xact_lock(7, $1)', [key]);
    const { rows } = await client.query(
      `insert into outbox (partition, event_id, type, key, envelope)
       select ${PARTITION}, gen_random_uuid(), t, $2, json_build_object('type', t, 'subject', $2::text, 'data', repeat('x', $3)) from unnest($1::text[]) with ordinality u (t, n) order by n
       returning id, type`,
      [types, String(key), bytes],
    );
    open.rows.push(...rows.map(({ id, type }) => ({ id: Number(id), key, type })));
  }

  private async opened(writer: number, client: pg.Client): Promise<Open> {
    const open = this.open.get(writer);
    if (open) return open;
    await client.query('begin');
    const opened = { rows: [], keys: new Set<number>() };
    this.open.set(writer, opened);
    return opened;
  }

  private async read(event: Extract<Event, { subscriber: string }>): Promise<void> {
    const reader = this.readers.find(({ name }) => name === event.subscriber) as Reader;
    await this.started(reader);
    if (event.do === 'keep') await reader.keep();
    else if (event.do === 'readInVain') await reader.cursor?.read(reader.position as Position);
    else await this.deliver(reader);
  }

  private async started(reader: Reader): Promise<void> {
    if (reader.cursor) return;
    if (this.drawn.last === 0) await this.look();
    const cursor = new Cursor(this.relay, this.drawn, reader.name, PARTITION, this.epoch, this.limit);
    await reader.start(cursor);
  }

  private async deliver(reader: Reader): Promise<void> {
    const rows = await reader.deliver();
    if (rows > this.limit) this.problems.push(`${reader.name}: a page of ${rows}`);
  }

  /** As the relay does it. */
  private async look(): Promise<void> {
    const { last } = this.drawn;
    const [seen] = await this.relay.query<{ drawn: string; xid: string | null }>(
      `select ${LAST_DRAWN} as drawn,
              case when $1::boolean then pg_current_xact_id() end::text as xid`,
      [this.drawn.isUnsettled],
    );
    if (seen?.xid) this.drawn.settle(BigInt(seen.xid), last);
    this.drawn.last = Math.max(this.drawn.last, Number(seen?.drawn));
  }

  private async crash(): Promise<void> {
    this.drawn = new Drawn();
    this.epoch = Number(
      (await this.owner.query('update relay set epoch = epoch + 1 where partition = $1 returning epoch', [PARTITION]))
        .rows[0].epoch,
    );
    for (const reader of this.readers) reader.crash();
  }

  private async turn(times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      await this.owner.query("update outbox_ring set started = started - interval '1 day'");
      // As module: it empties what nobody needs, then turns.
      while ((await this.relay.query<{ n: number }>("select recycle_outbox('0 days') as n"))[0]?.n);
    }
  }
}

/** One subscriber: what it was sent, and what it may have been sent twice. */
class Reader {
  cursor: Cursor | undefined;
  position: Position | undefined;
  private readonly firsts: Row[] = [];
  private known = new Set<number>();
  private unkept: number[] = [];
  private readonly problems: string[] = [];

  constructor(readonly name: string) {}

  async start(cursor: Cursor): Promise<void> {
    this.cursor = cursor;
    this.position = await cursor.restore();
  }

  /** One page; answers how many rows it had. */
  async deliver(): Promise<number> {
    const { rows, next } = await (this.cursor as Cursor).read(this.position as Position);
    this.position = next;
    for (const row of rows) {
      if (this.known.has(row.id)) this.problems.push(`${this.name}: ${row.id} came twice`);
      this.known.add(row.id);
      this.unkept.push(row.id);
      const { type, subject }: { type: string; subject: string } = JSON.parse(row.envelope);
      if (!this.firsts.some(({ id }) => id === row.id)) this.firsts.push({ id: row.id, key: Number(subject), type });
    }
    return rows.length;
  }

  /** Twice, as one window may end before what became visible meanwhile. */
  async drain(cursor: Cursor): Promise<void> {
    this.cursor = cursor;
    for (let windows = 0; windows < 2; ) {
      await this.deliver();
      if (this.position?.s2 === null) windows++;
    }
  }

  async keep(): Promise<void> {
    await (this.cursor as Cursor).keep(this.position as Position);
    this.unkept = [];
  }

  /** Only what was sent after the position was kept may come once more. */
  crash(): void {
    for (const id of this.unkept) this.known.delete(id);
    this.unkept = [];
    this.cursor = undefined;
  }

  compare(committed: readonly Row[]): string[] {
    const sent = new Set(this.firsts.map(({ id }) => id));
    const ought = new Set(committed.map(({ id }) => id));
    const lost = committed.filter(({ id }) => !sent.has(id)).map(({ id }) => `${this.name}: ${id} was lost`);
    const invented = this.firsts.filter(({ id }) => !ought.has(id)).map(({ id }) => `${this.name}: ${id} never was`);
    const inverted = this.firsts
      .filter((row, n) => this.firsts.slice(0, n).some(({ id, key }) => key === row.key && id > row.id))
      .map(({ id }) => `${this.name}: ${id} came after a later one of its key`);
    return [...this.problems, ...lost, ...invented, ...inverted];
  }
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, options: '-c search_path=teller' });
  await client.connect();
  return client;
}
