import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { send } from '#test/http';
import { untilWithin } from '#test/until';
import type { DeadLetter, Lag, MessageStory } from '../messaging/care/views.js';
import { FrontAndBack } from './testing/front-and-back.js';
import { BooksModule, TillModule } from './testing/till-and-books.js';

interface Page {
  items: DeadLetter[];
  next: string | null;
  unreadable: { module: string; problem: string }[];
}

describe('care for the messages of all apps', () => {
  let both: FrontAndBack;
  let sql: pg.Client;
  let token: string;

  beforeAll(async () => {
    both = await FrontAndBack.start({ front: [TillModule], back: [BooksModule] });
    sql = new pg.Client({ connectionString: both.database.databaseUrl });
    await sql.connect();
    token = await both.tokens.sign({ sub: 'anna', roles: ['admin'] });
    await sold('first', 'books');
    await entered('first', 'till');
  });
  afterAll(async () => {
    await sql.end();
    await both.close();
  });
  afterEach(async () => {
    for (const schema of ['till', 'books'])
      await sql.query(`truncate ${schema}.trouble; delete from ${schema}.dead_letter; delete from ${schema}.parked`);
  });

  const until = untilWithin(15_000);
  const get = <Body = Page>(path: string) => send<Body>(both.url, 'GET', `/admin/messages/${path}`, { token });
  const post = (path: string, body: object, headers = {}) =>
    send<Record<string, unknown>>(both.url, 'POST', `/admin/messages/${path}`, { token, body, headers });
  const rows = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rows;
  const heard = async (schema: string, key: string) =>
    (await rows(`select from ${schema}.entry where key = $1`, key)).length > 0;
  /** Said again until it is heard: what is published before a relay has seen its subscribers is not for them. */
  const say = async (path: string, key: string, schema: string) => {
    await until(async () => {
      await send(both.url, 'POST', path, { body: { key, n: 1 } });
      return heard(schema, key);
    });
  };
  const sold = (key: string, schema: string) => say('/till/sales', key, schema);
  const entered = (key: string, schema: string) => say('/books/entries', key, schema);
  /** One message a key that has failed as often as it takes. */
  const letDie = async (schema: 'till' | 'books', ...keys: string[]) => {
    for (const key of keys) {
      await sql.query(`insert into ${schema}.trouble values ($1)`, [key]);
      const path = schema === 'books' ? '/till/sales' : '/books/entries';
      await send(both.url, 'POST', path, { body: { key, n: 1 } });
      await until(async () => {
        await sql.query(`update ${schema}.parked set attempts = 12, due_at = now() where key = $1 and attempts > 0`, [
          key,
        ]);
        return (await rows(`select from ${schema}.dead_letter where key = $1`, key)).length > 0;
      });
    }
  };

  it('lists the dead letters of all, newest first, page by page', async () => {
    await letDie('books', 'b1');
    await letDie('till', 't1');
    await letDie('books', 'b2');
    await letDie('till', 't2');
    const all = (await get('dead')).body;
    expect(all.items.map(({ key }) => key)).toEqual(['t2', 'b2', 't1', 'b1']);
    expect(all).toMatchObject({ next: null, unreadable: [] });
    const first = (await get('dead?limit=3')).body;
    expect(first.items.map(({ key }) => key)).toEqual(['t2', 'b2', 't1']);
    const second = (await get(`dead?limit=3&after=${first.next}`)).body;
    expect(second).toMatchObject({ items: [{ key: 'b1' }], next: null });
    expect((await get('dead?subscriber=books&limit=1')).body).toMatchObject({ items: [{ key: 'b2' }] });
    expect((await get('dead?type=books.entered.v1')).body.items.map(({ key }) => key)).toEqual(['t2', 't1']);
    expect((await get('dead?limit=0')).status).toBe(422);
    expect((await get('dead?type=nobody.says.v1')).status).toBe(422);
  });

  it('acts on a subscriber where it lives, once under one key', async () => {
    await letDie('books', 'again');
    await sql.query('truncate books.trouble');
    const key = { 'idempotency-key': 'mine' };
    const retried = await post('retry', { subscriber: 'books' }, key);
    expect(retried).toMatchObject({ status: 200, body: { dead: 1, parked: 0 } });
    await until(() => heard('books', 'again'));
    expect((await post('retry', { subscriber: 'books' }, key)).headers.get('idempotency-replayed')).toBe('true');
    expect(await post('retry', { subscriber: 'till' })).toMatchObject({ status: 200, body: { dead: 0, parked: 0 } });
    const slip = await post('retry', { subscriber: 'boks' });
    expect(slip).toMatchObject({ status: 422, body: { detail: expect.stringContaining('Did you mean "books"?') } });
    const audit = await rows(`select actor, affected::int from books.message_audit where action = 'retry'`);
    expect(audit).toEqual([{ actor: 'anna', affected: 1 }]);
  });

  it('pauses a subscriber elsewhere, which the lag of all shows', async () => {
    expect(await post('pause', { subscriber: 'books' })).toMatchObject({ status: 200, body: { isNew: true } });
    await send(both.url, 'POST', '/till/sales', { body: { key: 'paused', n: 1 } });
    const { body } = await get<Lag>('lag');
    expect(body.modules.map(({ module, pauses }) => [module, pauses.length])).toEqual([
      ['till', 0],
      ['books', 1],
    ]);
    expect(body.subscriptions).toMatchObject([
      { source: 'till', subscriber: 'books', runs: true, waiting: 1 },
      { source: 'books', subscriber: 'till', runs: true, waiting: 0 },
    ]);
    const head = await fetch(`${both.url}/admin/messages/lag`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${token}` },
    });
    expect(head.status).toBe(200);
    await post('resume', { subscriber: 'books' });
    await until(() => heard('books', 'paused'));
  });

  it('tells the story of a message from both sides', async () => {
    await letDie('books', 'told');
    const [{ id }] = (await get('dead')).body.items as [DeadLetter];
    expect((await get<MessageStory>(id)).body).toMatchObject({
      id,
      source: 'till',
      retained: true,
      takenBy: ['books'],
      waiting: [{ subscriber: 'books', state: 'dead' }],
      unreadable: [],
    });
    expect((await get('01a2082b-cd7a-701f-a18c-ced448d8cca0')).status).toBe(404);
  });

  it('knows what a subscriber takes whose sources live in another app', async () => {
    const halt = { subscriber: 'books', type: 'till.sold.v1' };
    expect(await post('pause', halt)).toMatchObject({ status: 200, body: { isNew: true } });
    await send(both.url, 'POST', '/till/sales', { body: { key: 'kept back', n: 1 } });
    await until(async () => (await get('parked?subscriber=books&type=till.sold.v1')).body.items.length === 1);
    expect((await get('dead?subscriber=books&type=till.sold.v1')).body).toMatchObject({ items: [], unreadable: [] });
    expect(await post('resume', halt)).toMatchObject({ status: 200, body: { remaining: [] } });
    await until(() => heard('books', 'kept back'));
    const slip = await post('pause', { subscriber: 'books', type: 'till.solt.v1' });
    expect(slip).toMatchObject({
      status: 422,
      body: { detail: expect.stringContaining('Did you mean "till.sold.v1"?') },
    });
  });

  it('tells who has taken a message in other apps, even when nobody has it any more', async () => {
    const [{ id }] = (await rows(
      'select o.event_id as id from till.outbox o join books.inbox i on i.event_id = o.event_id limit 1',
    )) as [{ id: string }];
    expect((await get<MessageStory>(id)).body).toMatchObject({ retained: true, takenBy: ['books'], waiting: [] });
    await sql.query('delete from till.outbox where event_id = $1', [id]);
    for (const url of [both.url, both.urlOfBack]) {
      const { status, body } = await send<{ detail: string }>(url, 'GET', `/admin/messages/${id}`, { token });
      expect({ status, detail: body.detail }).toEqual({
        status: 404,
        detail: expect.stringContaining('books took it'),
      });
    }
  });

  it('replays and redelivers what an app keeps for a subscriber in another one', async () => {
    await sold('told again', 'books');
    const told = async () => (await rows(`select from books.entry where key = 'told again'`)).length;
    const before = await told();
    const history = { subscriber: 'books', key: 'told again' };
    expect(await post('replay', history)).toMatchObject({ status: 200, body: { sources: [{ source: 'till' }] } });
    await until(async () => (await told()) > before);
    expect(await post('redeliver', { subscriber: 'till', source: 'books' })).toMatchObject({
      status: 200,
      body: { sources: [{ source: 'books', generation: 0 }] },
    });
    const refused = (path: string, body: object, code: string) =>
      expect(post(path, body)).resolves.toMatchObject({ body: { type: `urn:problem:${code}` } });
    await refused('replay', { subscriber: 'till' }, 'not-replayable');
    await refused('replay', { subscriber: 'books', type: 'till.solt.v1' }, 'unknown-type');
    await refused('redeliver', { subscriber: 'books', source: 'books' }, 'takes-nothing');
    await refused('redeliver', { subscriber: 'books', source: 'tills' }, 'unknown-module');
    await refused('redeliver', { source: 'till' }, 'invalid-input');
  });

  it('forgets a subscriber in every app, and none that takes messages', async () => {
    for (const schema of ['till', 'books'])
      await sql.query(`insert into ${schema}.subscriber (name, types) values ('gone', array['x.y.v1'])`);
    const forget = (name: string, url = both.url) =>
      send(url, 'DELETE', `/admin/messages/subscribers/${name}`, { token });
    const sources = [{ source: 'till' }, { source: 'books' }];
    expect(await forget('gone')).toMatchObject({ status: 200, body: { sources } });
    expect(await forget('gone')).toMatchObject({ status: 404 });
    const refusal = { status: 409, body: { type: 'urn:problem:still-subscribes' } };
    expect(await forget('books')).toMatchObject(refusal);
    expect(await forget('till', both.urlOfBack)).toMatchObject(refusal);
    expect(await rows('select name from books.subscriber')).toEqual([{ name: 'till' }]);
  });

  it('is for administrators only, in every app', async () => {
    const stranger = await both.tokens.sign({ sub: 'eve', roles: [] });
    const asked = (path: string, options: object) => send(both.url, 'POST', `/admin/messages/${path}`, options);
    const body = { subscriber: 'books' };
    for (const path of ['retry', 'replay']) {
      expect((await asked(path, { body })).status).toBe(401);
      expect((await asked(path, { body, token: stranger })).status).toBe(403);
    }
  });

  it('shows what there is while an app is down, and which modules are missing', async () => {
    await letDie('till', 'mine');
    await both.end('back');
    const { status, body } = await get('dead');
    expect(status).toBe(200);
    expect(body.items.map(({ key }) => key)).toEqual(['mine']);
    expect(body.unreadable).toMatchObject([{ module: 'books', problem: expect.stringContaining('back') }]);
    expect((await get<Lag>('lag')).body.unreadable).toHaveLength(1);
    expect((await get('dead?subscriber=books')).status).toBe(503);
    expect((await post('retry', { subscriber: 'books' })).status).toBe(503);
    expect((await get('01a2082b-cd7a-701f-a18c-ced448d8cca0')).status).toBe(503);
    await both.boot('back');
    expect((await get('dead')).body.unreadable).toEqual([]);
  });
});
