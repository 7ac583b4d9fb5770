import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { send } from '#test/http';
import { waitUntil } from '#test/until';
import { FrontAndBack } from './testing/front-and-back.js';
import { BooksModule, TillModule } from './testing/till-and-books.js';

describe('a write, where its reader lives in another app', () => {
  let both: FrontAndBack;

  beforeAll(async () => {
    both = await FrontAndBack.start({ front: [TillModule], back: [BooksModule] });
    // What is published before a relay has first seen its subscribers is not for them.
    await untilHeard('/till/sales', '/books/entries/first');
    await untilHeard('/books/entries', '/till/sales/first');
  });
  afterAll(() => both.close());

  const post = (path: string, body: object, headers = {}) => send(both.url, 'POST', path, { body, headers });
  const heard = async (path: string) => (await send<unknown[]>(both.url, 'GET', path)).body;

  const untilHeard = async (write: string, read: string) => {
    do await post(write, { key: 'first', n: 0 });
    while ((await heard(read)).length === 0);
  };

  /** How many of twenty writes have been heard of elsewhere by the time that they are answered. */
  const heardAtOnce = async (write: string, read: string, type: string) => {
    let count = 0;
    for (let n = 0; n < 20; n++) {
      const key = `${type} ${n}`;
      expect((await post(write, { key, n })).status).toBe(201);
      if (isDeepStrictEqual(await heard(`${read}/${key}`), [{ type, n }])) count++;
    }
    return count;
  };

  // It waits for a second at most, and promises nothing after that.
  it('here is answered when the app elsewhere has heard of it', async () => {
    expect(await heardAtOnce('/till/sales', '/books/entries', 'till.sold.v1')).toBeGreaterThanOrEqual(18);
  });

  it('elsewhere is answered when this app has heard of it', async () => {
    expect(await heardAtOnce('/books/entries', '/till/sales', 'books.entered.v1')).toBeGreaterThanOrEqual(18);
  });

  it('elsewhere is done once under one key, however often and at once it is asked for', async () => {
    const same = { 'idempotency-key': 'once' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => post('/books/entries', { key: 'once', n: 1 }, same)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ headers }) => headers.get('location')))).toEqual(new Set(['/books/entries/once']));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(7);
    await waitUntil(async () => (await heard('/till/sales/once')).length > 0, 30_000, 'it is heard of');
    expect(await heard('/till/sales/once')).toHaveLength(1);
    expect(await post('/books/entries', { key: 'once', n: 2 }, same)).toMatchObject({ status: 409 });
  });

  it('here goes on while the app elsewhere is down, and is heard of later', async () => {
    await both.end('back');
    const began = performance.now();
    for (let n = 1; n <= 5; n++) expect((await post('/till/sales', { key: 'meanwhile', n })).status).toBe(201);
    // Of somebody who is away it is not waited for that he has heard, which would take a second each.
    expect(performance.now() - began).toBeLessThan(4_000);
    expect((await post('/books/entries', { key: 'meanwhile', n: 1 })).status).toBe(503);
    await both.boot('back');
    await waitUntil(
      async () => (await heard('/books/entries/meanwhile')).length === 5,
      30_000,
      'all of it is heard of',
    );
  });
});
