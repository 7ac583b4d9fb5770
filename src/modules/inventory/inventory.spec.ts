import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Shelf } from './testing/shelf.js';

const MANY = 1_000_000_000;

describe('the stock of a product', () => {
  let shelf: Shelf;

  beforeAll(async () => {
    shelf = await Shelf.start();
    await shelf.add(['POST'], false);
  });
  afterAll(() => shelf.scenario.close());

  it('is nothing when the product is new, and grows with each receipt', async () => {
    await shelf.add(['grow/ing ü']);
    expect((await shelf.look('grow/ing ü')).body).toEqual({ sku: 'grow/ing ü', onHand: 0, reserved: 0, available: 0 });

    const received = await shelf.receive('grow/ing ü', 5);
    expect(received.status).toBe(201);
    expect(received.body).toEqual({ sku: 'grow/ing ü', onHand: 5, reserved: 0, available: 5 });
    expect(received.headers.get('location')).toBe(`/inventory/stock/${encodeURIComponent('grow/ing ü')}`);

    expect((await shelf.receive('grow/ing ü', 7)).body).toMatchObject({ onHand: 12 });
    expect((await shelf.look('grow/ing ü')).body).toMatchObject({ onHand: 12, available: 12 });
  });

  it('is adjusted up and down, but never below nothing', async () => {
    await shelf.add(['COUNTED']);
    expect((await shelf.adjust('COUNTED', 3)).status).toBe(201);
    expect((await shelf.adjust('COUNTED', -2)).body).toMatchObject({ onHand: 1, available: 1 });

    const refused = await shelf.adjust('COUNTED', -2);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      type: 'urn:problem:impossible-quantity',
      errors: [{ field: 'quantity', message: expect.stringContaining('Only 1') }],
    });
    expect((await shelf.look('COUNTED')).body).toMatchObject({ onHand: 1 });
  });

  it('may be seen by everybody who is signed in, and by nobody else', async () => {
    await shelf.add(['SEEN']);
    expect((await shelf.look('SEEN', shelf.customer)).status).toBe(200);
    expect((await shelf.scenario.request('GET', '/inventory/stock/SEEN')).status).toBe(401);
  });

  it('is changed by administrators only', async () => {
    await shelf.add(['GUARDED']);
    for (const token of [shelf.customer, await shelf.scenario.tokenFor({ id: 'clerk', roles: ['sales'] })]) {
      expect((await shelf.receive('GUARDED', 1, { token })).status).toBe(403);
      expect((await shelf.adjust('GUARDED', 1, 'mine', { token })).status).toBe(403);
    }
    expect((await shelf.look('GUARDED')).body).toMatchObject({ onHand: 0 });
  });

  it('is unknown for what the catalog does not sell', async () => {
    for (const sku of ['NOTHING', 'seen', 'x'.repeat(90)]) {
      expect((await shelf.look(sku)).status).toBe(404);
      expect((await shelf.receive(sku, 1)).status).toBe(404);
      expect((await shelf.adjust(sku, 1)).status).toBe(404);
    }
  });

  it('does not exist for what is sold but not kept in stock', async () => {
    const refused = await shelf.look('POST');
    expect(refused.status).toBe(404);
    expect(refused.body).toMatchObject({ type: 'urn:problem:not-kept-in-stock' });
    expect((await shelf.receive('POST', 1)).status).toBe(422);
    expect((await shelf.adjust('POST', -1)).status).toBe(422);
  });

  it.each([0, -1, 1.5, MANY + 1, '5', null])('receives no quantity of %j', async (quantity) => {
    const refused = await shelf.receive('SEEN', quantity);
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([expect.objectContaining({ field: 'quantity' })]);
  });

  it.each([
    ['a quantity of zero', 0, 'counted', 'quantity'],
    ['half a piece', 0.5, 'counted', 'quantity'],
    ['too many at once', -MANY - 1, 'counted', 'quantity'],
    ['no reason', 1, '  ', 'reason'],
    ['a reason of a page', 1, 'x'.repeat(501), 'reason'],
  ])('is not adjusted with %s', async (_what, quantity, reason, field) => {
    const refused = await shelf.adjust('SEEN', quantity, reason);
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([expect.objectContaining({ field })]);
  });

  it('changes once under one idempotency key', async () => {
    await shelf.add(['KEYED']);
    const headers = { 'idempotency-key': 'the-delivery-of-monday' };
    const both = await Promise.all([shelf.receive('KEYED', 4, { headers }), shelf.receive('KEYED', 4, { headers })]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(both[1].body).toEqual(both[0].body);
    expect((await shelf.look('KEYED')).body).toMatchObject({ onHand: 4 });
    expect((await shelf.receive('KEYED', 5, { headers })).status).toBe(409);
  });

  it('is taken away piece by piece by many at once, until nothing is left', async () => {
    await shelf.add(['BUSY']);
    await shelf.receive('BUSY', 5);
    const answers = await Promise.all(Array.from({ length: 12 }, () => shelf.adjust('BUSY', -1)));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(5).fill(201), ...Array(7).fill(422)]);
    expect((await shelf.look('BUSY')).body).toMatchObject({ onHand: 0 });
  });
});
