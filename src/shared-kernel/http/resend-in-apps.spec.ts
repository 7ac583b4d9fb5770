import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { send } from '#test/http';
import { untilWithin } from '#test/until';
import { ArchiveModule } from './testing/archive.js';
import { FrontAndBack } from './testing/front-and-back.js';
import { BooksModule, TillModule } from './testing/till-and-books.js';

describe('history that several apps keep for one subscriber', () => {
  let both: FrontAndBack;
  let sql: pg.Client;
  let token: string;

  beforeAll(async () => {
    both = await FrontAndBack.start({ front: [TillModule, ArchiveModule], back: [BooksModule] });
    sql = new pg.Client({ connectionString: both.database.databaseUrl });
    await sql.connect();
    token = await both.tokens.sign({ sub: 'anna', roles: ['admin'] });
    for (const path of ['/till/sales', '/books/entries'])
      await until(async () => {
        await send(both.url, 'POST', path, { body: { key: path, n: 1 } });
        return (await filed(path)) > 0;
      });
    await untilQuiet();
  });
  afterAll(async () => {
    await sql.end();
    await both.close();
  });

  const until = untilWithin(15_000);
  const post = (path: string, body: object, headers = {}) =>
    send<Record<string, unknown>>(both.url, 'POST', `/admin/messages/${path}`, { token, body, headers });
  const count = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rows[0].count as number;
  const filed = (key: string) => count('select count(*)::int from archive.file where key = $1', key);
  const allFiled = () => count('select count(*)::int from archive.file');
  const audited = () =>
    count(
      `select ((select count(*) from till.message_audit) + (select count(*) from books.message_audit)
             + (select count(*) from archive.message_audit))::int as count`,
    );
  /** All that was published has been filed, and no replay is left. */
  const untilQuiet = () =>
    until(async () => {
      const { subscriptions } = (
        await send<{ subscriptions: { waiting: number; replays: number }[] }>(both.url, 'GET', '/admin/messages/lag', {
          token,
        })
      ).body;
      return subscriptions.every(({ waiting, replays }) => waiting + replays === 0);
    });

  it('is replayed by each of them, once under one key', async () => {
    const before = await allFiled();
    const key = { 'idempotency-key': 'mine' };
    const first = await post('replay', { subscriber: 'archive' }, key);
    expect(first.status).toBe(200);
    const sources = first.body.sources as { source: string; messages: number }[];
    expect(sources.map(({ source }) => source).sort()).toEqual(['books', 'till']);
    const replayed = sources.reduce((sum, { messages }) => sum + messages, 0);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const second = await post('replay', { subscriber: 'archive' }, key);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(second.body).toEqual(first.body);
    await untilQuiet();
    expect(await allFiled()).toBe(before + replayed);
    const other = await post('replay', { subscriber: 'archive', type: 'till.sold.v1' }, key);
    expect(other).toMatchObject({ status: 409, body: { type: 'urn:problem:idempotency-key-reused' } });
  });

  it('is replayed by the one that keeps a type, where a type is meant', async () => {
    const replay = (type: string) => post('replay', { subscriber: 'archive', type });
    expect((await replay('books.entered.v1')).body).toMatchObject({ sources: [{ source: 'books' }] });
    expect((await replay('till.sold.v1')).body).toMatchObject({ sources: [{ source: 'till' }] });
    await untilQuiet();
  });

  it('is redelivered by each of them, and what the subscriber has is dropped', async () => {
    const before = await allFiled();
    const { body } = await post('redeliver', { subscriber: 'archive' });
    expect(body.sources).toHaveLength(2);
    await untilQuiet();
    expect(await allFiled()).toBe(before);
    expect((await post('redeliver', { subscriber: 'archive', source: 'books' })).body).toMatchObject({
      sources: [{ source: 'books' }],
    });
  });

  it('is left alone by all where what is asked makes no sense, or one of them is down', async () => {
    const before = await audited();
    const backwards = { subscriber: 'archive', since: '2026-01-02T00:00:00Z', until: '2026-01-01T00:00:00Z' };
    expect(await post('replay', backwards)).toMatchObject({
      status: 422,
      body: { type: 'urn:problem:invalid-input', errors: [expect.objectContaining({ field: 'since' })] },
    });
    await both.end('back');
    expect((await post('replay', { subscriber: 'archive' })).status).toBe(503);
    expect(await audited()).toBe(before);
    await both.boot('back');
  });
});
