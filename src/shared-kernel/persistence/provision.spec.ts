import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, type EmptyDatabase } from '#test/test-database';
import { DatabaseNotUsable } from './database-not-usable.js';
import { type Provisioned, provision } from './provision.js';
import { roleName } from './role-name.js';

const MODULES = [
  { name: 'orders', schema: 'orders' },
  { name: 'billing', schema: 'billing' },
];

let folder: string;
let credentialsFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seamline-provision-'));
  credentialsFile = join(folder, 'home', 'credentials.json');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** The administrator of a company where nobody gets a superuser. */
async function plainAdministrator({ name, databaseUrl }: EmptyDatabase, attributes: string, grants: string) {
  const role = `${name}_admin`;
  await query(databaseUrl, `CREATE ROLE ${role} LOGIN ${attributes} PASSWORD 'admin'; ${grants}`);
  const url = new URL(databaseUrl);
  url.username = role;
  url.password = 'admin';
  return url.href;
}

const administrators = {
  'a superuser': async ({ databaseUrl }: EmptyDatabase) => databaseUrl,
  'the owner of the database with CREATEROLE': (database: EmptyDatabase) =>
    plainAdministrator(database, 'CREATEROLE', `ALTER DATABASE ${database.name} OWNER TO ${database.name}_admin`),
  'a role with CREATEROLE and CREATE with grant option': (database: EmptyDatabase) =>
    plainAdministrator(
      database,
      'CREATEROLE',
      `GRANT CREATE ON DATABASE ${database.name} TO ${database.name}_admin WITH GRANT OPTION`,
    ),
};

describe.each(Object.entries(administrators))('provisioned by %s', (_, administrator) => {
  let database: EmptyDatabase;
  let databaseUrl: string;
  let provisioned: Provisioned;

  beforeAll(async () => {
    database = await createEmptyDatabase();
    databaseUrl = await administrator(database);
    provisioned = await provision({ databaseUrl, modules: MODULES, credentialsFile });
    await query(provisioned.ownerUrl, 'CREATE TABLE orders.orders (id int generated always as identity, note text)');
    await query(provisioned.ownerUrl, 'CREATE TABLE billing.payments (id int)');
  });
  afterAll(() => database.drop());

  const as = (module: string, text: string) => query(provisioned.moduleUrls[module] as string, text);

  it('lets a module read and write its own tables, found without naming the schema', async () => {
    await as('orders', `INSERT INTO orders (note) VALUES ('a'), ('b')`);
    await as('orders', `UPDATE orders SET note = 'c' WHERE note = 'a'`);
    await as('orders', `DELETE FROM orders WHERE note = 'b'`);
    expect(await as('orders', 'SELECT note FROM orders')).toEqual([{ note: 'c' }]);
  });

  it.each([
    ['read a table of another module', 'SELECT * FROM billing.payments'],
    ['write to a table of another module', 'INSERT INTO billing.payments VALUES (1)'],
    ['create a table in its own schema', 'CREATE TABLE mine (id int)'],
    ['create a table in schema public', 'CREATE TABLE public.mine (id int)'],
    ['create a schema', 'CREATE SCHEMA mine'],
    ['create a role', 'CREATE ROLE seamline_test_never'],
    ['empty a table by TRUNCATE', 'TRUNCATE orders'],
    ['take on the owner', () => `SET ROLE ${database.name}_owner`],
  ])('does not let a module %s', async (_, text) => {
    await expect(as('orders', typeof text === 'string' ? text : text())).rejects.toMatchObject({ code: '42501' });
  });

  it('ends a transaction that a module left open', async () => {
    expect(await as('orders', 'SHOW idle_in_transaction_session_timeout')).toEqual([
      { idle_in_transaction_session_timeout: '1min' },
    ]);
  });

  it('changes nothing and says nothing the second time, within 50 ms', async () => {
    const said: string[] = [];
    const started = performance.now();
    const again = await provision({ databaseUrl, modules: MODULES, credentialsFile, say: (line) => said.push(line) });
    expect(performance.now() - started).toBeLessThan(50);
    expect({ again, said }).toEqual({ again: provisioned, said: [] });
  });

  it('gives new passwords when the file of the old ones is lost, and says so', async () => {
    const said: string[] = [];
    const elsewhere = join(folder, `${database.name}.json`);
    const renewed = await provision({
      databaseUrl,
      modules: MODULES,
      credentialsFile: elsewhere,
      say: (line) => said.push(line),
    });
    const names = ['owner', 'orders', 'billing'].map((part) => roleName(database.name, part)).join(', ');
    expect(said).toEqual([`Set new passwords for ${names}: ${elsewhere} did not hold the ones in force.`]);
    expect(renewed.ownerUrl).not.toBe(provisioned.ownerUrl);
    expect(await query(renewed.ownerUrl, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    provisioned = renewed;
  });
});
