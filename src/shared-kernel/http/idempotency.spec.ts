import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import { Body, Controller, Module, Param, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { z } from 'zod';
import { createEmptyDatabase, type EmptyDatabase } from '#test/test-database';
import { TestTokens } from '#test/test-tokens';
import { DomainError } from '../contract/domain-error.js';
import { databaseOf } from '../persistence/database.js';
import { MUST_BE_HERE } from '../persistence/fence.js';
import { UnitOfWork } from '../persistence/unit-of-work.js';
import { Public } from './access.js';
import { accepted, created } from './answer.js';
import { createHttpApp } from './create-http-app.js';
import { Idempotent } from './idempotency.js';

const Note = z.object({ text: z.string(), size: z.number().optional() });

/** What the routes do beside writing, as each test wants it. */
let meanwhile: () => Promise<void>;

@Controller('notes')
class Notes {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  @Idempotent()
  @Post()
  create(@Body({ schema: Note }) { text }: z.infer<typeof Note>) {
    return this.unitOfWork.transaction(async (tx) => {
      const [note] = await tx.query<{ id: string }>('insert into note (text) values ($1) returning id', [text]);
      await meanwhile();
      return created({ zulu: 'first', id: note?.id, text, amount: '1.10' }, `/notes/${note?.id}`);
    });
  }

  @Idempotent()
  @Post(':id/copies')
  copy(@Param('id') id: string) {
    return accepted({ of: id, copy: randomUUID() });
  }

  @Public()
  @Idempotent()
  @Post('public')
  leave(@Body({ schema: Note }) { text }: z.infer<typeof Note>) {
    return { text, at: randomUUID() };
  }

  @Idempotent()
  @Post('plain')
  plain() {
    return { at: randomUUID() };
  }
}

describe('a request repeated under one Idempotency-Key', () => {
  let database: EmptyDatabase;
  let orm: MikroORM;
  let unitOfWork: UnitOfWork;
  let tokens: TestTokens;
  let app: NestFastifyApplication;
  let anna: { authorization: string };

  beforeAll(async () => {
    database = await createEmptyDatabase();
    orm = await MikroORM.init(
      defineConfig({
        clientUrl: database.databaseUrl,
        contextName: 'notes',
        entities: [],
        discovery: { warnWhenNoEntities: false },
        // As small as a module's pool may be: requests that wait must not starve the one they wait for.
        pool: { max: 2 },
      }),
    );
    unitOfWork = new UnitOfWork('notes', await databaseOf(orm), () => undefined);
    const setUp = (await databaseOf(orm)).pool;
    for (const statement of [
      "create table placement as select 'here'::text as state",
      MUST_BE_HERE,
      'create table note (id int generated always as identity, text text)',
      `create table idempotency_key (scope text, key text, fingerprint text not null, status int, headers jsonb,
         body jsonb, created_at timestamptz default now(), primary key (scope, key))`,
    ]) {
      await setUp.query(statement);
    }

    @Module({
      controllers: [Notes],
      providers: [{ provide: UnitOfWork, useValue: unitOfWork }],
    })
    class NotesModule {}

    tokens = await TestTokens.start();
    anna = await tokens.of('anna');
    const api = { title: 'Notes', description: 'notes', version: '1' };
    app = await createHttpApp(NotesModule, { settings: tokens.settings, api, logLevel: 'silent' });
    await app.init();
  });

  afterAll(async () => {
    await app.close();
    await tokens[Symbol.asyncDispose]();
    await orm.close(true);
    await database.drop();
  });

  beforeEach(async () => {
    meanwhile = async () => undefined;
    await unitOfWork.transaction((tx) => tx.query('truncate note, idempotency_key'));
  });

  const post = (key: string | undefined, payload: object | undefined, url = '/notes', who = anna) =>
    app.inject({
      method: 'POST',
      url,
      headers: { ...who, ...(key && { 'idempotency-key': key }) },
      payload: payload ?? {},
    });
  const notes = () => unitOfWork.query('select text from note');

  it('may take longer than a transaction may be silent', async () => {
    meanwhile = async () => {
      await unitOfWork.query(`set local idle_in_transaction_session_timeout = '2500ms'`);
      await sleep(3_500);
    };
    expect((await post('slow', { text: 'slow' })).statusCode).toBe(201);
    expect(await notes()).toEqual([{ text: 'slow' }]);
  });

  it('is done once and answered the same to the last byte', async () => {
    const first = await post('k1', { text: 'hello' });
    const second = await post('k1', { text: 'hello' });
    expect(first.statusCode).toBe(201);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect([second.statusCode, second.headers.location, second.body]).toEqual([
      201,
      first.headers.location,
      first.body,
    ]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(await notes()).toHaveLength(1);
  });

  it('is the same request however its JSON is written', async () => {
    const first = await post('k1', { text: 'hello', size: 1 });
    expect((await post('k1', { size: 1, text: 'hello' })).body).toBe(first.body);
  });

  it('keeps the status of a route that only returns a body', async () => {
    const first = await post('k1', {}, '/notes/plain');
    const second = await post('k1', {}, '/notes/plain');
    expect([second.statusCode, second.body]).toEqual([201, first.body]);
  });

  it('is told apart by network address where nobody is signed in, so that no stranger can use up a key', async () => {
    const leave = (text: string, remoteAddress: string) =>
      app.inject({
        method: 'POST',
        url: '/notes/public',
        headers: { 'idempotency-key': '1' },
        payload: { text },
        remoteAddress,
      });
    const mine = await leave('mine', '192.0.2.1');
    const theirs = await leave('theirs', '192.0.2.2');
    expect([theirs.statusCode, theirs.json().text]).toEqual([201, 'theirs']);
    expect((await leave('mine', '192.0.2.1')).body).toBe(mine.body);
    expect((await leave('theirs', '192.0.2.1')).statusCode).toBe(409);
  });

  it('is refused with another body, and with another path', async () => {
    await post('k1', { text: 'hello' });
    const other = await post('k1', { text: 'bye' });
    expect(other.statusCode).toBe(409);
    expect(other.json().type).toBe('urn:problem:idempotency-key-reused');
    await post('k2', {}, '/notes/1/copies');
    expect((await post('k2', {}, '/notes/2/copies')).statusCode).toBe(409);
    expect(await notes()).toHaveLength(1);
  });

  it('is another request without the key, on another route, or by another principal', async () => {
    await post('k1', { text: 'a' });
    await post(undefined, { text: 'a' });
    await post(undefined, { text: 'a' });
    expect(
      (await post('k1', { text: 'a' }, '/notes', await tokens.of('bert'))).headers['idempotency-replayed'],
    ).toBeUndefined();
    expect((await post('k1', { text: 'a' }, '/notes/plain')).statusCode).toBe(201);
    expect(await notes()).toHaveLength(4);
  });

  it('leaves nothing behind where it failed, so that the key is free', async () => {
    meanwhile = async () => {
      throw new DomainError('conflict', 'not-now', 'Not now.');
    };
    expect((await post('k1', { text: 'hello' })).json().type).toBe('urn:problem:not-now');
    expect((await post('k1', {})).statusCode).toBe(422);
    expect(await notes()).toHaveLength(0);
    meanwhile = async () => undefined;
    expect((await post('k1', { text: 'bye' })).statusCode).toBe(201);
  });

  it('waits for its twin that is under way, more of them than the pool has connections', async () => {
    meanwhile = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      await unitOfWork.query('select 1');
    };
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('k1', { text: 'hello' })));
    expect(new Set(answers.map(({ statusCode, body }) => `${statusCode} ${body}`)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers['idempotency-replayed'])).toHaveLength(7);
    expect(await notes()).toHaveLength(1);
  });

  it('waits for a twin in another process, on the row', async () => {
    // Given: another process holds the same key, not yet committed
    await post('k1', { text: 'hello' });
    const [kept] = await unitOfWork.transaction((tx) =>
      tx.query<{ scope: string; key: string; fingerprint: string }>(
        'delete from idempotency_key returning scope, key, fingerprint',
      ),
    );
    const elsewhere = new pg.Client({ connectionString: database.databaseUrl });
    await elsewhere.connect();
    await elsewhere.query('begin');
    await elsewhere.query(
      `insert into idempotency_key (scope, key, fingerprint, status, headers, body)
       values ($1, $2, $3, 201, '{"location":"/notes/elsewhere"}', to_jsonb('{"id":"elsewhere"}'::text))`,
      [kept?.scope, kept?.key, kept?.fingerprint],
    );
    // When: ours comes, and the other commits
    const ours = post('k1', { text: 'hello' });
    expect(await Promise.race([ours, new Promise((resolve) => setTimeout(resolve, 150, 'waits'))])).toBe('waits');
    await elsewhere.query('commit');
    await elsewhere.end();
    // Then: ours repeats its answer
    expect((await ours).headers.location).toBe('/notes/elsewhere');
    expect((await ours).json()).toEqual({ id: 'elsewhere' });
  });

  it('takes over where the twin it waited for has failed', async () => {
    let calls = 0;
    meanwhile = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (++calls === 1) throw new DomainError('conflict', 'not-now', 'Not now.');
    };
    const answers = await Promise.all([post('k1', { text: 'a' }), post('k1', { text: 'a' })]);
    // Which of the two comes first is not for us to say.
    expect(answers.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409]);
  });

  it('keeps neither the key nor the body in the clear', async () => {
    await post('my-secret-key', { text: 'my-secret-text' });
    const kept = await unitOfWork.query('select scope, key, fingerprint from idempotency_key');
    expect(JSON.stringify(kept)).not.toMatch(/my-secret/);
  });

  it('needs a key of 1 to 255 visible ASCII characters', async () => {
    expect((await post('k'.repeat(255), { text: 'a' })).statusCode).toBe(201);
    for (const key of ['k'.repeat(256), 'two words', 'ä']) {
      const refused = await post(key, { text: 'a' });
      expect(refused.statusCode).toBe(422);
      expect(refused.json().errors[0].field).toBe('Idempotency-Key');
    }
  });
});
