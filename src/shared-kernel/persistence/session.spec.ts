import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, type EmptyDatabase } from '#test/test-database';
import { waitUntil } from '#test/until';
import { isSerializationFailure } from './failures.js';
import { Session } from './session.js';

describe('a session', () => {
  let database: EmptyDatabase;
  let pool: pg.Pool;
  let client: pg.PoolClient;
  let session: Session;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    pool = new pg.Pool({ connectionString: database.databaseUrl, max: 4 });
    pool.on('error', () => undefined);
    pool.on('connect', (each) => each.on('error', () => undefined));
    await pool.query('create table thing (id int primary key, name text)');
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });
  beforeEach(async () => {
    await pool.query('truncate thing');
    client = await pool.connect();
    session = new Session(client);
  });
  afterEach(() => session.release());

  const run = (text: string, ...values: unknown[]) => session.run([{ text, values }]).then(([result]) => result?.rows);
  /** Another transaction on the same connection. */
  const again = () => {
    client.removeAllListeners('error').on('error', () => undefined);
    session = new Session(client);
    return session;
  };
  const things = async () => (await pool.query('select id from thing order by id')).rows.map(({ id }) => id);

  describe('in one round trip', () => {
    it('answers statements in their order, whether they return rows, none, or nothing at all', async () => {
      const results = await session.run([
        { text: 'select $1::int as n', values: [1] },
        { text: 'insert into thing values ($1, $2)', values: [1, 'one'] },
        { text: 'select * from thing where id = 7' },
        { text: '' },
        { text: '-- only a comment' },
        { text: 'set local work_mem = 4096' },
        { text: 'insert into thing values (2, null) returning *' },
        { text: 'select $1::int as n', values: [2] },
      ]);
      expect(results.map(({ command, rows }) => ({ command, rows }))).toEqual([
        { command: 'SELECT 1', rows: [{ n: 1 }] },
        { command: 'INSERT 0 1', rows: [] },
        { command: 'SELECT 0', rows: [] },
        { command: '', rows: [] },
        { command: '', rows: [] },
        { command: 'SET', rows: [] },
        { command: 'INSERT 0 1', rows: [{ id: 2, name: null }] },
        { command: 'SELECT 1', rows: [{ n: 2 }] },
      ]);
    });

    it('carries values there and back as they are', async () => {
      const values = [
        null,
        'naïve 日本 👩‍🚀 "quoted" \\ {',
        ['a', null, 'b,"c"', '{}'],
        { deep: { list: [1, null, 'x'] } },
        new Date('2026-02-28T23:59:59.999Z'),
        Buffer.from([0, 1, 0xff, 0x5c]),
        12_345_678_901n,
        true,
        [],
        ['plain', '', 'NULL', ' a ', 'b "c" \\ {d},', 'naïve 日本'],
        [1, -2.5, 1e21],
      ];
      const [row] =
        (await run(
          `select $1::text a, $2::text b, $3::text[] c, $4::json d, $5::timestamptz e, $6::bytea f, $7::bigint g,
                  $8::boolean h, $9::int[] i, $10::text[] j, $11::float8[] k`,
          ...values,
        )) ?? [];
      expect(Object.values(row ?? {})).toEqual(values.with(6, '12345678901'));
    });

    it('keeps the rows of a large answer in order', async () => {
      const rows = (await run('select n, repeat(n::text, 50) as text from generate_series(1, 20000) n')) ?? [];
      expect(rows).toHaveLength(20_000);
      expect(rows.every(({ n, text }, index) => n === index + 1 && text === String(n).repeat(50))).toBe(true);
    });

    it('passes by everything after a failure, a COMMIT among it, and says why', async () => {
      const failing = session.run([
        { text: 'begin' },
        { text: 'insert into thing values (1)' },
        { text: 'insert into thing values (1)' },
        { text: 'insert into thing values (2)' },
        { text: 'commit' },
      ]);
      await expect(failing).rejects.toMatchObject({ code: '23505', detail: 'Key (id)=(1) already exists.' });
      await run('rollback');
      expect(await things()).toEqual([]);
    });

    it('makes one transaction of statements that stand in none, each with a snapshot of its own', async () => {
      const failing = session.run([{ text: 'insert into thing values (1)' }, { text: 'select 1 / 0' }]);
      await expect(failing).rejects.toThrow('division by zero');
      expect(await things()).toEqual([]);
    });

    it('does not wait for the rows of a COPY, and goes on', async () => {
      const copy = { text: 'copy thing from stdin' };
      await expect(session.run([copy])).rejects.toThrow('COPY … FROM STDIN is not for here');
      await expect(session.run([{ text: 'select 1' }, copy])).rejects.toThrow('COPY … FROM STDIN is not for here');
      expect(await run('select 2 as n')).toEqual([{ n: 2 }]);
      expect(await run('select 3 as n')).toEqual([{ n: 3 }]);
    });
  });

  describe('that finds statements again by their names', () => {
    it('repeats a text that failed to be parsed once it can be', async () => {
      const ask = () => run('select * from not_yet_there');
      await expect(ask()).rejects.toMatchObject({ code: '42P01' });
      await expect(ask()).rejects.toMatchObject({ code: '42P01' });
      await pool.query('create table not_yet_there (a int)');
      expect(await ask()).toEqual([]);
      await pool.query('drop table not_yet_there');
    });

    it('repeats texts that were passed by, and never parsed, after another one failed', async () => {
      const statements = ['select 1 / $1::int as passed', "select 'never parsed' as passed"].map((text, n) => ({
        text,
        values: n === 0 ? [0] : [],
      }));
      await expect(session.run(statements)).rejects.toThrow('division by zero');
      expect(await run("select 'never parsed' as passed")).toEqual([{ passed: 'never parsed' }]);
      expect(await run('select 1 / $1::int as passed', 1)).toEqual([{ passed: 1 }]);
    });

    it('repeats a text whose result was changed by a migration: the failure says to go again, and that works', async () => {
      const ask = () => run('select * from thing where id = $1', 1);
      await ask();
      await pool.query('alter table thing add column extra int');
      expect(await ask().catch(isSerializationFailure)).toBe(true);
      expect(await ask()).toEqual([]);
      await pool.query('alter table thing drop column extra');
    });

    it('goes on after somebody has forgotten all names', async () => {
      await run('select 10 as n');
      await run('select 11 as n');
      await client.query('deallocate all');
      await expect(run('select 11 as n')).rejects.toMatchObject({ code: '26000' });
      expect(await run('select 11 as n')).toEqual([{ n: 11 }]);
      expect(await run('select 10 as n')).toEqual([{ n: 10 }]);
    });

    it('takes more different texts than it has names for', async () => {
      const texts = Array.from({ length: 1_200 }, (_, n) => ({ text: `select ${n} as n` }));
      for (let round = 0; round < 2; round++) {
        const results = await session.run(texts);
        expect(results.map(({ rows }) => rows[0]?.n)).toEqual(texts.map((_, n) => n));
      }
    });
  });

  describe('with values that cannot be sent', () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;

    it.each([
      ['a cyclic object', cyclic, 'circular'],
      ['a symbol', Symbol('secret'), 'A symbol cannot be sent'],
      ['a function', () => 1, 'A function cannot be sent'],
      ['an object that does not want to', { toJSON: () => JSON.parse('{') }, 'JSON'],
    ])('rejects %s and is usable as before', async (_, value, why) => {
      await expect(run('select $1::text', value)).rejects.toThrow(why);
      expect(await run('select 1 as n')).toEqual([{ n: 1 }]);
    });

    it('says how to send more than the protocol counts', async () => {
      const many = Array.from({ length: 65_536 }, () => 1);
      await expect(run('select 1', ...many)).rejects.toThrow('65535 values, and this one has 65536: pass arrays');
    });

    it('loses nothing of what was to travel with it', async () => {
      session.defer({ text: 'insert into thing values (1)' });
      await expect(run('select $1::text', cyclic)).rejects.toThrow('circular');
      await run('select 1');
      expect(await things()).toEqual([1]);
    });

    it('refuses what is deferred at once', () => {
      expect(() => session.defer({ text: 'select $1', values: [cyclic] })).toThrow('circular');
    });
  });

  describe('with statements that nobody waits for', () => {
    it('sends them before the next one, in their order, with the values of their time', async () => {
      const list = [1];
      session.defer({ text: 'insert into thing select unnest($1::int[])', values: [list] });
      list.push(2);
      session.defer({ text: "update thing set name = 'later'" });
      expect(await run('select * from thing')).toEqual([{ id: 1, name: 'later' }]);
    });

    it('explains the failure of one to whoever hears of it, and remembers the first', async () => {
      const explain = (whose: string) => (error: Error) => new Error(`${whose}: ${error.message}`);
      session.defer({ text: 'insert into thing values (1)' }, explain('first'));
      session.defer({ text: 'select 1 / 0' }, explain('second'));
      session.defer({ text: 'select 2 / 0' }, explain('third'));
      await expect(run('select 1')).rejects.toThrow('second: division by zero');
      expect(session.failure?.message).toBe('second: division by zero');
      await expect(run('select 1 / 0')).rejects.toThrow('division by zero');
      expect(session.failure?.message).toBe('second: division by zero');
    });

    it('forgets them when it is given up', async () => {
      await run('begin');
      session.defer({ text: 'insert into thing values (1)' });
      session.abandon();
      await session.rollBack({ text: 'rollback' });
      expect(await things()).toEqual([]);
      await again().run([{ text: 'select 1' }]);
      expect(await things()).toEqual([]);
    });
  });

  describe('at its end', () => {
    it('takes nothing more after its last statement', async () => {
      await run('begin');
      const last = session.end([{ text: 'commit' }]);
      await expect(run('insert into thing values (1)')).rejects.toThrow('The transaction has ended');
      await last;
      expect(await things()).toEqual([]);
    });

    it('sends nothing of what still waits once it is given up', async () => {
      await run('begin');
      const slow = run('select pg_sleep(0.2)');
      const waiting = run('insert into thing values (1)');
      await new Promise((resolve) => setImmediate(resolve));
      session.abandon();
      await Promise.all([
        slow,
        expect(waiting).rejects.toThrow('given up before'),
        session.rollBack({ text: 'commit' }),
      ]);
      expect(await things()).toEqual([]);
    });
  });

  describe('whose connection goes away', () => {
    const cut = async (pid: number) => pool.query('select pg_terminate_backend($1)', [pid]);
    const stateOf = async (pid: number) =>
      (await pool.query('select state from pg_stat_activity where pid = $1', [pid])).rows[0]?.state;
    const replace = async () => {
      session.release(true);
      client = await pool.connect();
      session = new Session(client);
    };

    it('rejects what is under way and what comes after, and is not taken for silent', async () => {
      const under = expect(run('select pg_sleep(30)')).rejects.toMatchObject({ code: '57P01' });
      const queued = expect(run('select 1')).rejects.toThrow();
      await waitUntil(async () => (await stateOf(session.pid)) === 'active', 20_000, 'it is under way');
      await cut(session.pid);
      await under;
      await queued;
      await expect(run('select 1')).rejects.toThrow();
      expect(session.wasSilent).toBe(false);
      await replace();
    });

    it('says what happened when it was itself silent for too long', async () => {
      await run("set idle_in_transaction_session_timeout = '100ms'");
      await run('begin');
      await waitUntil(async () => (await stateOf(session.pid)) === undefined, 20_000, 'the server has ended it');
      await expect(run('insert into thing values (1)')).rejects.toThrow('said nothing to the database for so long');
      expect(session.wasSilent).toBe(true);
      await replace();
    });
  });
});
