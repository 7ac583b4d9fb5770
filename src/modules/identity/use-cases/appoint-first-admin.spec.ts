import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CqrsModule } from '@nestjs/cqrs';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { Kernel } from '#kernel/bounded-context';
import { createHttpApp } from '#kernel/http/create-http-app';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Runtime } from '#kernel/runtime';
import { InProcessTransport } from '#kernel/transports/in-process';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { IdentityModule } from '../identity.module.js';
import { settleSigningKey } from '../security/signing-key.js';
import { AppointFirstAdmin } from './appoint-first-admin.js';

const FIRST = { email: 'first@shop.example', password: 'the first of passwords' };
const OTHER = { email: 'other@shop.example', password: 'another of passwords' };

describe('the first administrator', () => {
  let database: TestDatabase;
  let made: string[];
  let running: NestFastifyApplication[];

  beforeEach(async () => {
    database = await createTestDatabase({ modules: [{ name: 'identity', schema: 'identity' }] });
    made = [];
    running = [];
  });
  afterEach(async () => {
    await Promise.all(running.map((app) => app.close()));
    await database.drop();
  });

  /** One more instance on the same database. */
  async function start(admin: { email: string; password: string }, onlyIfNone: boolean) {
    const identity = { admin: { ...admin, onlyIfNone, made: () => made.push(admin.email) } };
    const transport = new InProcessTransport();
    const runtime = new Runtime({ ...database, connectionBudget: 6, transport, settings: { identity } });
    const root = { module: IdentityModule, imports: [Kernel.forRoot(runtime), CqrsModule.forRoot()] };
    const app = await createHttpApp(root, {
      settings: { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'seamline', audience: 'seamline' },
      api: { title: 'Identity', description: 'identity', version: '1' },
      logLevel: 'silent',
    });
    running.push(await app.init());
    return app;
  }
  const signIn = async (app: NestFastifyApplication, payload: { email: string; password: string }) =>
    (await app.inject({ method: 'POST', url: '/identity/sessions', payload })).statusCode;

  it('is appointed where there is none, and only then', async () => {
    const first = await start(FIRST, true);
    const second = await start(OTHER, true);
    expect(made).toEqual([FIRST.email]);
    expect(await signIn(first, FIRST)).toBe(201);
    expect(await signIn(second, OTHER)).toBe(401);
  });

  it('is one, and so is the signing key, when several instances start at once', async () => {
    const apps = [await start(FIRST, true), await start(OTHER, true), await start(FIRST, true)];
    const client = new pg.Client({ connectionString: database.databaseUrl });
    await client.connect();
    await client.query('delete from identity.signing_key');
    await client.query('delete from identity.account');
    made = [];

    // Nobody can insert before everybody is about to.
    await client.query('begin; lock table identity.account, identity.signing_key in share mode');
    const starting = apps.flatMap((app) => [
      settleSigningKey(app.get(UnitOfWork, { strict: false })),
      app.get(AppointFirstAdmin, { strict: false }).onApplicationBootstrap(),
    ]);
    await everybodyWaits(client, starting.length);
    await client.query('commit');
    await client.end();

    const [key, ...others] = (await Promise.all(starting)).filter((each) => each !== undefined);
    expect(others).toEqual([key, key]);
    expect(made).toHaveLength(1);
  });

  it('is held to the password of the settings', async () => {
    await start(FIRST, false);
    const again = await start(FIRST, false);
    expect(made).toEqual([FIRST.email]);
    const changed = { ...FIRST, password: 'a later of passwords' };
    const later = await start(changed, false);
    expect(await signIn(again, changed)).toBe(201);
    expect(await signIn(later, FIRST)).toBe(401);
  });

  it('takes over an account that somebody opened under the address', async () => {
    const shop = await start(FIRST, true);
    const squatter = { ...OTHER, password: 'the password of a squatter' };
    await shop.inject({ method: 'POST', url: '/identity/customers', payload: { ...squatter, name: 'Squatter' } });
    await start(OTHER, false);
    expect(await signIn(shop, squatter)).toBe(401);
    expect(await signIn(shop, OTHER)).toBe(201);
  });
});

async function everybodyWaits(client: pg.Client, number: number): Promise<void> {
  const query = `select from pg_locks join pg_database d on d.oid = database
                  where not granted and d.datname = current_database()`;
  const waiting = async () => (await client.query(query)).rowCount ?? 0;
  while ((await waiting()) < number) await new Promise((resolve) => setTimeout(resolve, 10));
}
