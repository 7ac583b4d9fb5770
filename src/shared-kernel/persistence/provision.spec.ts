import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { createEmptyDatabase, createTestDatabase, type EmptyDatabase } from '#test/test-database';
import { DatabaseNotUsable } from './database-not-usable.js';
import { migrate } from './migrate.js';
import { type Provisioned, type ProvisionRequest, provision } from './provision.js';
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

/** What provisioning writes, by the transactions that last wrote it. */
async function catalogOf({ name, databaseUrl }: EmptyDatabase): Promise<Record<string, unknown>[]> {
  return await query(
    databaseUrl,
    `SELECT 'schema' AS kind, xmin::text FROM pg_namespace
     UNION SELECT 'grant', xmin::text FROM pg_default_acl
     UNION SELECT 'role', xmin::text FROM pg_authid WHERE starts_with(rolname, ${pg.escapeLiteral(`${name}_`)})
     UNION SELECT 'setting', s.xmin::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
            WHERE d.datname = current_database()
     ORDER BY 1, 2`,
  );
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

  it('changes nothing and says nothing once all stands', async () => {
    const said: string[] = [];
    const before = await catalogOf(database);
    const again = await provision({ databaseUrl, modules: MODULES, credentialsFile, say: (line) => said.push(line) });
    expect({ again, said }).toEqual({ again: provisioned, said: [] });
    expect(await catalogOf(database)).toEqual(before);
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

describe('provisioning', () => {
  let database: EmptyDatabase;
  let said: string[];

  beforeEach(() => {
    said = [];
  });

  const takeDatabase = async () => {
    database = await createEmptyDatabase();
  };
  const dropDatabase = () => database.drop();
  const run = (request: Partial<ProvisionRequest> = {}) =>
    provision({
      databaseUrl: database.databaseUrl,
      modules: MODULES,
      credentialsFile,
      say: (line) => said.push(line),
      ...request,
    });
  const administer = (text: string) => query(database.databaseUrl, text);
  const role = (part: string) => `${database.name}_${part}`;
  const refusal = async (request: Partial<ProvisionRequest> = {}): Promise<DatabaseNotUsable> => {
    const failure = await run(request).catch((error) => error);
    expect(failure).toBeInstanceOf(DatabaseNotUsable);
    return failure;
  };
  const given = async (name: string, attributes = '') => {
    await administer(`CREATE ROLE ${role(name)} LOGIN ${attributes} PASSWORD 'given'`);
    const url = new URL(database.databaseUrl);
    url.username = role(name);
    url.password = 'given';
    return url.href;
  };

  describe('an empty database', () => {
    beforeEach(takeDatabase);
    afterEach(dropDatabase);

    it('says what it made, without a password', async () => {
      const { ownerUrl } = await run();
      expect(said).toEqual([
        `Created the roles ${role('owner')}, ${role('orders')}, ${role('billing')}; the passwords are in ${credentialsFile}.`,
        'Created the schemas orders, billing.',
      ]);
      expect(said.join()).not.toContain(new URL(ownerUrl).password);
    });

    it('adds a module that is new', async () => {
      await run({ modules: MODULES.slice(0, 1) });
      said = [];
      await run();
      expect(said).toEqual([
        `Created the role ${role('billing')}; the passwords are in ${credentialsFile}.`,
        'Created the schema billing.',
      ]);
    });

    it('happens once when several processes start at the same time', async () => {
      const results = await Promise.all(Array.from({ length: 8 }, () => run()));
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
      expect(said).toHaveLength(2);
      await query(results[0]?.moduleUrls.orders as string, 'SELECT 1');
    });

    it('keeps two databases of one server apart, provisioned at the same time', async () => {
      const other = await createEmptyDatabase();
      try {
        const urls = [database, other].flatMap(({ databaseUrl }) => [databaseUrl, databaseUrl, databaseUrl]);
        const results = await Promise.all(urls.map((databaseUrl) => run({ databaseUrl })));
        expect(new Set(results.map(({ ownerUrl }) => ownerUrl)).size).toBe(2);
        for (const { ownerUrl, moduleUrls } of results) {
          for (const url of [ownerUrl, ...Object.values(moduleUrls)]) await query(url, 'SELECT 1');
        }
      } finally {
        await other.drop();
      }
    });

    it('names every privilege that is missing, with the statements that grant it', async () => {
      await administer(`REVOKE CONNECT ON DATABASE ${database.name} FROM PUBLIC`);
      const databaseUrl = await plainAdministrator(
        database,
        '',
        `GRANT CONNECT, CREATE ON DATABASE ${database.name} TO ${database.name}_admin`,
      );
      const { message, mend } = await refusal({ databaseUrl });
      expect(message).toBe(
        `User "${role('admin')}" of DATABASE_URL lacks privileges: CREATEROLE (an attribute of the role); ` +
          `CREATE on database "${database.name}" WITH GRANT OPTION; CONNECT on database "${database.name}" WITH GRANT OPTION.`,
      );
      await administer(mend.replace('As a superuser: ', ''));
      await run({ databaseUrl });
    });

    it('needs nothing but a connection once everything stands', async () => {
      const databaseUrl = await administrators['the owner of the database with CREATEROLE'](database);
      const provisioned = await run({ databaseUrl });
      await administer(
        `ALTER DATABASE ${database.name} OWNER TO CURRENT_USER; ALTER ROLE ${role('admin')} NOCREATEROLE`,
      );
      said = [];
      expect(await run({ databaseUrl })).toEqual(provisioned);
      expect(said).toEqual([]);
    });

    it.each([
      ['password', () => ({ credentialsFile: join(folder, `${database.name}.json`) }), ['owner', 'orders', 'billing']],
      ['search path', () => ({}), ['orders']],
    ])('names the roles of another user whose %s it may not set since PostgreSQL 16', async (_, lost, parts) => {
      await run();
      await administer(`ALTER ROLE ${role('orders')} IN DATABASE ${database.name} RESET search_path`);
      const databaseUrl = await administrators['the owner of the database with CREATEROLE'](database);
      const [server] = await administer(`SELECT current_setting('server_version_num')::int AS version`);
      const request = { databaseUrl, ...lost() };
      if ((server?.version as number) >= 160_000) {
        const { message, mend } = await refusal(request);
        const missing = parts.map((part) => `ADMIN OPTION on role "${role(part)}"`);
        expect(message).toBe(`User "${role('admin')}" of DATABASE_URL lacks privileges: ${missing.join('; ')}.`);
        await administer(mend.replace('As a superuser: ', ''));
      }
      await run(request);
    });

    it('takes over no role of the same name that others made', async () => {
      await administer(`CREATE ROLE ${role('orders')} LOGIN PASSWORD 'theirs'`);
      const { message, mend } = await refusal();
      expect(message).toContain(`others made them: "${role('orders')}".`);
      await administer(mend.match(/COMMENT ON ROLE [^;]+;/)?.[0] as string);
      await run();
    });

    it('touches no schema of the same name that belongs to another', async () => {
      await administer('CREATE SCHEMA billing');
      const { message, mend } = await refusal();
      expect(message).toMatch(/^Schemas that modules need belong to others: "billing" to "\w+"\.$/);
      expect(mend).toContain(`ALTER SCHEMA … OWNER TO "${role('owner')}"`);
    });

    it('lets the roles in where CONNECT and TEMPORARY were taken from everyone', async () => {
      await administer(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database.name} FROM PUBLIC`);
      const { moduleUrls, ownerUrl } = await run();
      await query(ownerUrl, 'SELECT 1');
      await expect(query(moduleUrls.orders as string, 'CREATE TEMPORARY TABLE mine ()')).rejects.toThrow(
        /permission denied/,
      );
    });

    it('closes schema public, where an older PostgreSQL left it open', async () => {
      await administer('GRANT CREATE ON SCHEMA public TO PUBLIC');
      const { moduleUrls } = await run();
      await expect(query(moduleUrls.orders as string, 'CREATE TABLE public.mine ()')).rejects.toMatchObject({
        code: '42501',
      });
    });

    it('says so where it may not close schema public', async () => {
      await administer('GRANT CREATE ON SCHEMA public TO PUBLIC; ALTER SCHEMA public OWNER TO CURRENT_USER');
      await run({ databaseUrl: await administrators['the owner of the database with CREATEROLE'](database) });
      expect(said).toContain(
        `Anyone may create objects in schema public of database ${database.name}; its owner should revoke that.`,
      );
    });

    it('quotes whatever a database, a module and a schema are called', async () => {
      const strange = await createEmptyDatabase(` "x'; -- &ü`);
      try {
        const modules = [{ name: 'Mod"ule', schema: `sche"ma';` }];
        const { ownerUrl, moduleUrls } = await run({ databaseUrl: strange.databaseUrl, modules });
        await query(ownerUrl, `CREATE TABLE "sche""ma';".things (id int)`);
        expect(await query(moduleUrls['Mod"ule'] as string, 'SELECT * FROM things')).toEqual([]);
        const before = await catalogOf(strange);
        await run({ databaseUrl: strange.databaseUrl, modules });
        expect(await catalogOf(strange)).toEqual(before);
      } finally {
        await strange.drop();
      }
    });

    it('opens a schema to the role that the operator keeps for it, tables that are there included, and creates none', async () => {
      const { ownerUrl } = await run({ modules: MODULES.slice(0, 1) });
      await query(ownerUrl, 'CREATE TABLE orders.orders (id int)');
      const moduleUrls = { orders: await given('custom'), billing: await given('other') };
      const provisioned = await run({ moduleUrls });
      expect(provisioned.moduleUrls).toEqual(moduleUrls);
      await query(moduleUrls.orders, 'INSERT INTO orders VALUES (1)');
      expect(await administer(`SELECT FROM pg_roles WHERE rolname = '${role('billing')}'`)).toEqual([]);
    });

    it('lets a role that is new to a migrated schema append to its outbox, and take nothing back', async () => {
      const { ownerUrl } = await run({ modules: MODULES.slice(0, 1) });
      await migrate(ownerUrl, 'orders', []);
      const { moduleUrls } = await run({ moduleUrls: { orders: await given('custom') } });
      const url = moduleUrls.orders as string;
      await query(
        url,
        `INSERT INTO outbox (partition, event_id, type, key, envelope)
        VALUES (0, gen_random_uuid(), 'orders.tried.v1', 'k', '{}')`,
      );
      for (const statement of [`UPDATE outbox SET key = 'x'`, 'DELETE FROM outbox', 'DELETE FROM message_audit'])
        await expect(query(url, statement)).rejects.toThrow('permission denied');
    });

    it('takes a role of the operator that has the very name it would have created', async () => {
      const moduleUrls = { orders: await given('orders') };
      expect((await run({ moduleUrls })).moduleUrls.orders).toBe(moduleUrls.orders);
      await run({ moduleUrls });
    });
  });

  describe('a database where everything stands', () => {
    let provisioned: Provisioned;

    beforeAll(async () => {
      await takeDatabase();
      provisioned = await run();
    });
    afterAll(dropDatabase);

    it('may be left to the owner that it created', async () => {
      expect(await run({ databaseUrl: provisioned.ownerUrl })).toEqual(provisioned);
    });

    it('starts again when another session changes a role under its hands', async () => {
      const session = new pg.Client({ connectionString: database.databaseUrl });
      await session.connect();
      try {
        await session.query(`BEGIN; ALTER ROLE ${role('orders')} CONNECTION LIMIT 7`);
        const lostFile = join(folder, `${database.name}.json`);
        const renewed = run({ credentialsFile: lostFile });
        await untilSomeoneWaits();
        await session.query('COMMIT');
        await query((await renewed).moduleUrls.orders as string, 'SELECT 1');
        // Back to the passwords that the other tests know.
        await run();
      } finally {
        await session.end();
      }
    });

    async function untilSomeoneWaits(): Promise<void> {
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await administer(waiting)).length === 0);
    }

    it('closes a schema that was opened to everyone or to creation', async () => {
      await administer(`GRANT USAGE ON SCHEMA billing TO PUBLIC; GRANT CREATE ON SCHEMA orders TO ${role('orders')}`);
      await run();
      for (const text of ['CREATE TABLE orders.mine ()', 'SELECT FROM billing.any']) {
        await expect(query(provisioned.moduleUrls.orders as string, text)).rejects.toMatchObject({ code: '42501' });
      }
    });

    it.each([
      [
        'use the schema of another module',
        () => `GRANT USAGE ON SCHEMA billing TO ${role('orders')}`,
        () => `REVOKE USAGE ON SCHEMA billing FROM ${role('orders')}`,
        'can use schema billing',
      ],
      [
        'act as the owner',
        () => `GRANT ${role('owner')} TO ${role('orders')}`,
        () => `REVOKE ${role('owner')} FROM ${role('orders')}`,
        'can act as the owner',
      ],
      [
        'do anything',
        () => `ALTER ROLE ${role('orders')} SUPERUSER`,
        () => `ALTER ROLE ${role('orders')} NOSUPERUSER`,
        'is a superuser',
      ],
    ])('is refused while the role of a module can %s', async (_, allow, forbid, described) => {
      await administer(allow());
      const { message, mend } = await refusal();
      expect(message).toContain(`"${role('orders')}" (module orders) ${described}`);
      expect(mend).toContain('ORDERS_DATABASE_URL');
      await administer(forbid());
      await run();
    });

    it('sets again what the sessions of a module start with', async () => {
      await administer(`ALTER ROLE ${role('orders')} IN DATABASE ${database.name} RESET ALL`);
      await run();
      const url = provisioned.moduleUrls.orders as string;
      expect(await query(url, 'SHOW search_path')).toEqual([{ search_path: 'orders' }]);
    });

    it('leaves what a migration took from a role', async () => {
      const { ownerUrl, moduleUrls } = provisioned;
      await query(ownerUrl, `CREATE TABLE orders.log (); REVOKE DELETE ON orders.log FROM ${role('orders')}`);
      await administer('GRANT USAGE ON SCHEMA orders TO PUBLIC');
      await run();
      await expect(query(moduleUrls.orders as string, 'DELETE FROM log')).rejects.toMatchObject({ code: '42501' });
    });
  });

  describe('with a role that the operator keeps', () => {
    beforeAll(takeDatabase);
    afterAll(dropDatabase);

    it('is refused when that role cannot log in', async () => {
      const orders = await given('locked');
      await administer(`ALTER ROLE ${role('locked')} NOLOGIN`);
      const { message, mend } = await refusal({ moduleUrls: { orders } });
      expect(message).toContain(`did not let user "${role('locked')}" in`);
      expect(mend).toContain('ORDERS_DATABASE_URL');
    });

    it('is refused when its address leads to another database', async () => {
      const url = new URL(await given('elsewhere'));
      url.pathname = '/postgres';
      const { message } = await refusal({ moduleUrls: { orders: url.href } });
      expect(message).toContain('ORDERS_DATABASE_URL leads to database "postgres"');
    });

    it('is refused when one role is to serve two modules', async () => {
      const url = await given('shared');
      const { message } = await refusal({ moduleUrls: { orders: url, billing: url } });
      expect(message).toBe(`One role serves several parts of the system: "${role('shared')}" (orders, billing).`);
    });

    it('is refused when it is the administrator', async () => {
      const { message } = await refusal({ moduleUrls: { orders: database.databaseUrl } });
      expect(message).toMatch(/^One role serves several parts of the system: "\w+" \(DATABASE_URL, orders\)\.$/);
    });

    it('is refused, and left untouched, when it is a superuser', async () => {
      const { message } = await refusal({ moduleUrls: { orders: await given('super', 'SUPERUSER') } });
      expect(message).toContain(`"${role('super')}" (module orders) is a superuser`);
      expect(await administer(`SELECT FROM pg_db_role_setting WHERE setrole = '${role('super')}'::regrole`)).toEqual(
        [],
      );
    });
  });
});

describe('a database for tests', () => {
  it('leaves no trace when it is dropped, not even with sessions open', async () => {
    const database = await createTestDatabase({ modules: MODULES });
    const session = new pg.Client({ connectionString: database.moduleUrls.orders });
    const ended = new Promise((resolve) => session.on('error', resolve));
    await session.connect();
    await database.drop();
    await ended;
    const server = process.env.SEAMLINE_TEST_DATABASE_URL as string;
    expect(await query(server, `SELECT FROM pg_roles WHERE starts_with(rolname, '${database.name}')`)).toEqual([]);
    expect(await query(server, `SELECT FROM pg_database WHERE datname = '${database.name}'`)).toEqual([]);
  });
});
