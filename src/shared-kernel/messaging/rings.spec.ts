import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { migrate } from '../persistence/migrate.js';
import { INBOX_SLOTS, OUTBOX_SLOTS, PARTITIONS } from './layout.js';

const DAY = 86_400_000;

describe('the rings of outbox and inbox', () => {
  let database: TestDatabase;
  let owner: pg.Client;
  let module: pg.Client;
  let other: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ modules: [{ name: 'teller', schema: 'teller' }] });
    await migrate(database.ownerUrl, 'teller', []);
    owner = await connect(database.ownerUrl);
    module = await connect(database.moduleUrls.teller as string);
    other = await connect(database.moduleUrls.teller as string);
  });
  afterAll(async () => {
    for (const client of [owner, module, other]) await client.end();
    await database.drop();
  });
  beforeEach(async () => {
    await owner.query(
      `delete from outbox; delete from inbox; delete from subscriber; delete from relay_position; delete from replay;
       delete from outbox_ring; update inbox_memory set since = '-infinity';
       select setval('outbox_id', 1::bigint << 32); insert into outbox_ring (slot) values (1)`,
    );
  });

  const append = (id = uuidAt(Date.now()), on = module) =>
    on.query("insert into outbox (partition, event_id, type, key, envelope) values (0, $1, 'a', 'k', '{}')", [id]);
  const recycle = async (retention = '7 days', on = module): Promise<number> =>
    (await on.query('select recycle_outbox($1) as n', [retention])).rows[0].n;
  /** As if the ring had not been looked at for so long. */
  const age = (days: number) => owner.query("update outbox_ring set started = started - $1 * interval '1 day'", [days]);
  const subscribe = (name: string) =>
    owner.query(
      `with s as (insert into subscriber (name, types) values ($1, '{a}'))
       insert into relay_position (subscriber, partition, move, s1, floor, last_id)
       select $1, p, 1, pg_current_snapshot(), 0, 0 from generate_series(0, ${PARTITIONS - 1}) p`,
      [name],
    );
  const acknowledge = (name: string) =>
    module.query(
      `insert into relay_position (subscriber, partition, move, s1, floor, last_id)
       select subscriber, partition, max(move) + 1, pg_current_snapshot(), 0, 0 from relay_position
        where subscriber = $1 group by 1, 2`,
      [name],
    );
  const slotOfNext = async () => Number((await module.query("select nextval('outbox_id') >> 32 as slot")).rows[0].slot);
  const rows = async (table = 'outbox') => (await module.query(`select count(*)::int as n from ${table}`)).rows[0].n;

  it('turn by one slot on a new day, and not twice a day', async () => {
    await append();
    expect(await recycle()).toBe(0);
    expect(await slotOfNext()).toBe(1);
    await age(3);
    await recycle();
    expect(await slotOfNext()).toBe(2);
    await recycle();
    expect(await slotOfNext()).toBe(2);
  });

  it('empty a slot that was left longer ago than the retention, and neither a younger one nor the current', async () => {
    await append();
    await age(1);
    await recycle();
    await append();
    await age(6);
    expect(await recycle()).toBe(0);
    expect(await rows()).toBe(2);
    await age(1);
    expect(await recycle()).toBe(1);
    expect(await rows()).toBe(1);
    expect(await rows('outbox_1')).toBe(0);
  });

  it('never empty the current slot, however old it is', async () => {
    for (let n = 0; n < OUTBOX_SLOTS; n++) await append();
    await owner.query(`insert into outbox (id, partition, event_id, type, key, envelope)
                       values ((2::bigint << 32) + 1, 0, gen_random_uuid(), 'a', 'k', '{}')`);
    await age(100);
    expect(await recycle('0 days')).toBe(0);
    expect(await slotOfNext()).toBe(1);
    expect(await rows()).toBe(OUTBOX_SLOTS + 1);
  });

  it('wait for every subscriber, and for none that has declared to take nothing any more', async () => {
    await subscribe('quick');
    await subscribe('slow');
    await append();
    await age(1);
    await recycle();
    await age(8);
    await acknowledge('quick');
    expect(await recycle()).toBe(0);
    await owner.query("update subscriber set types = '{}' where name = 'slow'");
    expect(await recycle()).toBe(1);
  });

  it('wait for a subscriber that has registered and has no position yet', async () => {
    await append();
    await age(1);
    await recycle();
    await age(8);
    await owner.query("insert into subscriber (name, types) values ('new', '{a}')");
    expect(await recycle()).toBe(0);
  });

  it('wait for a replay that is still to pass through the slot', async () => {
    await append();
    await age(1);
    await recycle();
    await age(8);
    const replay =
      "insert into replay (subscriber, partition, generation, types, last_id) values ('s', 0, 1, '{a}', $1)";
    await owner.query(replay, [0]);
    expect(await recycle()).toBe(0);
    await owner.query('update replay set last_id = $1', [2 * 2 ** 32]);
    expect(await recycle()).toBe(1);
  });

  it('do not mind who holds an old snapshot, or runs an old transaction, without touching the slot', async () => {
    await other.query('begin isolation level repeatable read');
    await other.query('select pg_current_xact_id(), count(*) from subscriber');
    await subscribe('reader');
    await append();
    await acknowledge('reader');
    await age(1);
    await recycle();
    await age(8);
    expect(await recycle()).toBe(1);
    await other.query('rollback');
  });

  it('give up on a slot that somebody reads in, without stopping for it', async () => {
    await append();
    await age(1);
    await recycle();
    await append();
    await age(1);
    await recycle();
    await age(8);
    await other.query('begin');
    await other.query('select 1 from outbox_1');
    const started = performance.now();
    expect(await recycle()).toBe(1);
    expect(performance.now() - started).toBeLessThan(15_000);
    expect([await rows('outbox_1'), await rows('outbox_2')]).toEqual([1, 0]);
    await other.query('rollback');
    expect(await recycle()).toBe(1);
  });

  it('lose nothing of who commits into a slot while it waits to be emptied', async () => {
    await subscribe('reader');
    await append();
    await acknowledge('reader');
    await other.query('begin');
    await append(uuidAt(Date.now()), other);
    await age(1);
    await recycle();
    await age(8);
    // It must also be newer than all the reader has seen.
    await acknowledge('reader');
    const recycling = recycle();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await other.query('commit');
    expect(await recycling).toBe(0);
    expect(await rows()).toBe(2);
  });

  it('stay where they are while the next slot is not empty, and wrap around when it is', async () => {
    await subscribe('reader');
    for (let turn = 1; turn <= OUTBOX_SLOTS; turn++) {
      await append();
      await age(1);
      await recycle();
    }
    // The next slot is the first one once more, and the reader has not been.
    expect(await slotOfNext()).toBe(OUTBOX_SLOTS);
    await acknowledge('reader');
    expect(await recycle()).toBe(1);
    await recycle();
    expect(await slotOfNext()).toBe(OUTBOX_SLOTS + 1);
    await append();
    expect(await rows('outbox_1')).toBe(1);
  });

  it('keep no slot for ever because a clock was ahead: neither that of who wrote nor that of the server', async () => {
    await append(uuidAt(Date.now() + 365 * DAY));
    await age(-365);
    await recycle();
    await age(1);
    await recycle();
    expect(await slotOfNext()).toBe(2);
    await age(8);
    expect(await recycle()).toBe(1);
  });

  it('make good a turn whose transaction was rolled back: the sequence does not go back', async () => {
    await append();
    await age(1);
    await module.query('begin');
    await recycle();
    await module.query('rollback');
    await append();
    await age(1);
    await recycle();
    expect(await slotOfNext()).toBe(2);
    await age(1);
    await recycle();
    expect(await slotOfNext()).toBe(3);
  });

  it('are turned by one process at a time', async () => {
    await age(1);
    await other.query('begin');
    await recycle('7 days', other);
    await append();
    await age(1);
    expect(await recycle()).toBe(0);
    await other.query('rollback');
  });

  describe('of the inbox', () => {
    const note = (id: string) =>
      module.query('insert into inbox (slot, event_id, generation) values ($1, $2, 0)', [slotOf(id), id]);
    const forget = async (): Promise<number> => (await module.query("select recycle_inbox('9 days') as n")).rows[0].n;
    const since = async (): Promise<number> =>
      (await module.query('select extract(epoch from since) * 1000 as ms from inbox_memory')).rows[0].ms;

    it('forget a slot only when its newest id is beyond the horizon, and say since when they remember', async () => {
      const [old, young] = [Date.now() - 12 * DAY, Date.now() - 8 * DAY];
      for (const time of [old, young]) await note(uuidAt(time));
      expect(await forget()).toBe(1);
      expect(await forget()).toBe(0);
      expect(await rows('inbox')).toBe(1);
      expect(Math.round(Number(await since()))).toBe(old);
    });

    it('keep what shares its slot with an id from the future, and never say that they forgot what is to come', async () => {
      const old = Date.now() - 12 * DAY;
      await note(uuidAt(old));
      await note(uuidAt(old + 10 * INBOX_SLOTS * DAY));
      expect(await forget()).toBe(0);
      expect(Number(await since())).toBe(Number.NEGATIVE_INFINITY);
    });

    it('do not move the horizon back for an id from long ago', async () => {
      const old = Date.now() - 12 * DAY;
      await note(uuidAt(old));
      await forget();
      await note(uuidAt(1_000_000));
      expect(await forget()).toBe(1);
      expect(Math.round(Number(await since()))).toBe(old);
    });
  });

  describe('behind their wall', () => {
    it.each([
      "update outbox set key = 'x'",
      'delete from outbox',
      'truncate outbox',
      'truncate outbox_1',
      "insert into outbox_1 (partition, event_id, type, key, envelope) values (0, gen_random_uuid(), 'a', 'k', '{}')",
      "update outbox_1 set key = 'x'",
      'delete from outbox_1',
      "select setval('outbox_id', 1)",
      'insert into outbox_ring (slot) values (5)',
      'update outbox_ring set slot = 5',
      'delete from outbox_ring',
      "update inbox_memory set since = 'infinity'",
      'delete from inbox_memory',
      "update message_audit set actor = 'nobody'",
      'delete from message_audit',
    ])("refuse the module's role: %s", async (statement) => {
      await expect(module.query(statement)).rejects.toThrow('permission denied');
    });

    it('let it call what checks by itself', async () => {
      await module.query("select recycle_outbox('7 days'), recycle_inbox('9 days')");
      const [row] = (
        await module.query("select has_function_privilege('begin_history_anew(smallint)', 'execute') as may")
      ).rows;
      expect(row.may).toBe(true);
    });

    it('are not deceived by temporary tables of their names', async () => {
      await subscribe('reader');
      await append();
      await age(1);
      await recycle();
      await age(8);
      await module.query('create temp table subscriber (name text, types text[])');
      await module.query('create temp table relay_position as table teller.relay_position');
      expect(await recycle('7 days')).toBe(0);
      await module.query('drop table pg_temp.subscriber, pg_temp.relay_position');
    });
  });
});

let made = 0;
/** A UUIDv7 made at that time. */
function uuidAt(time: number): string {
  const hex = Math.floor(time).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-${(++made).toString(16).padStart(12, '0')}`;
}

function slotOf(id: string): number {
  return Math.floor(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) / DAY) % INBOX_SLOTS;
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, options: '-c search_path=teller' });
  await client.connect();
  return client;
}
