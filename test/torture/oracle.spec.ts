import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, type EmptyDatabase } from '#test/test-database';
import { EFFECT } from './modules/effects.js';
import { Oracle, VIOLATIONS } from './oracle.js';

const EFFECTS = ['mirror.posting', 'mirror.reminder', 'audit.posting', 'audit.confirmation', 'ledger.confirmation'];
const STROKE = '00000000-0000-4000-8000-000000000000';

describe('the oracle', () => {
  let database: EmptyDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    pool = new pg.Pool({ connectionString: database.databaseUrl });
    // Dropping the database cuts connections that are still closing.
    pool.on('error', () => undefined);
    for (const module of ['ledger', 'mirror', 'audit']) {
      await pool.query(`create schema ${module}`);
      for (const table of ['parked', 'delayed', 'dead_letter'])
        await pool.query(`create table ${module}.${table} (id int, key text, envelope json)`);
    }
    for (const table of EFFECTS) await pool.query(`create table ${table} ${EFFECT}`);
    await pool.query('create table ledger.entry (key text, n int, stroke uuid, cursed boolean)');
  });
  beforeEach(async () => {
    await pool.query(`truncate ledger.entry, mirror.parked, mirror.dead_letter, ${EFFECTS.join(', ')}`);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const commit = (...numbers: number[]) => insert('ledger.entry (key, n, stroke, cursed)', 'false', numbers);
  const arrive = async (...numbers: number[]) => {
    for (const table of EFFECTS.filter((each) => each !== 'mirror.reminder'))
      await insert(`${table} (key, n, stroke, worker)`, "'1.1'", numbers);
  };
  const insert = (into: string, last: string, numbers: number[]) =>
    pool.query(`insert into ${into} select 'key', n, $2, ${last} from unnest($1::int[]) n`, [numbers, STROKE]);

  async function judged() {
    const [judgement] = await new Oracle(pool).judge();
    return {
      ...Object.fromEntries(VIOLATIONS.map((each) => [each, judgement?.[each]])),
      examples: judgement?.examples,
    };
  }
  const INNOCENT = { lost: 0, doubled: 0, disordered: 0, unfounded: 0, examples: [] };

  it('has nothing to say where everything arrived once and in order', async () => {
    await commit(1, 2, 3);
    await arrive(1, 2, 3);
    expect(await judged()).toEqual(INNOCENT);
    expect(await new Oracle(pool).waiting()).toEqual([]);
  });

  it('sees what is lost, and says beforehand what it waits for', async () => {
    await commit(1, 2, 3);
    await arrive(1, 3);
    expect(await judged()).toEqual({ ...INNOCENT, lost: 1, examples: ['key #2 is lost'] });
    expect(await new Oracle(pool).waiting()).toContain(
      'posted: ledger → mirror: 1 of 3 have not arrived, such as key #2',
    );
  });

  it('sees what is doubled', async () => {
    await commit(1, 2);
    await arrive(1, 2, 1);
    expect(await judged()).toEqual({ ...INNOCENT, doubled: 1, examples: ['key #1 is doubled'] });
  });

  it('sees what came after a later one of its key', async () => {
    await commit(1, 2, 3);
    await arrive(1, 3, 2);
    expect(await judged()).toEqual({ ...INNOCENT, disordered: 1, examples: ['key #2 is out of order'] });
  });

  it('sees what was never committed', async () => {
    await commit(1);
    await arrive(1, 2);
    expect(await judged()).toEqual({
      ...INNOCENT,
      unfounded: 1,
      examples: ['key #2 is there, but was never committed'],
    });
  });

  it('waits for what is parked', async () => {
    await pool.query(`insert into mirror.parked values (1, 'key', '{"n":1}')`);
    expect(await new Oracle(pool).waiting()).toEqual(['mirror.parked: 1 rows wait, such as {"n":1}']);
  });

  it('wants a dead letter for what nobody can take, and no other', async () => {
    const letter = (n: number) => JSON.stringify({ data: { key: 'key', n, stroke: STROKE } });
    await insert('ledger.entry (key, n, stroke, cursed)', 'true', [1, 2]);
    await pool.query(`insert into mirror.dead_letter values (1, 'key', $1), (2, 'key', $2)`, [letter(1), letter(7)]);
    const judgement = (await new Oracle(pool).judge()).at(-1);
    expect(judgement).toMatchObject({ lost: 1, unfounded: 1, doubled: 0 });
  });
});
