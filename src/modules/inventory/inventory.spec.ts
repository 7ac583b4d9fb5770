import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import { type RequestOptions, type Scenario, startScenario } from '#test/scenario';
import { InventoryModule } from './inventory.module.js';

const MANY = 1_000_000_000;

describe('the stock of a product', () => {
  let inventory: Scenario;
  let admin: string;
  let customer: string;

  beforeAll(async () => {
    inventory = await startScenario([InventoryModule]);
    admin = await inventory.tokenFor({ id: '0199a000-0000-7000-8000-000000000001', roles: ['admin', 'sales'] });
    customer = await inventory.tokenFor({ id: '0199a000-0000-7000-8000-000000000002', roles: ['customer'] });
    await add('POST', false);
  });
  afterAll(() => inventory.close());

  async function add(sku: string, stocked = true): Promise<void> {
    await inventory.publish(ProductAdded, { sku, name: sku, price: { amount: '1.00', currency: 'GBP' }, stocked });
    await inventory.event(ProductAdded, (product) => product.sku === sku);
    for (let tries = 0; tries < 200; tries++) {
      const refusal = (await look(sku)).body.type;
      if (refusal !== 'urn:problem:unknown-sku') return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`Inventory never heard of ${sku}.`);
  }

  const look = (sku: string, token: string = admin) =>
    inventory.request('GET', `/inventory/stock/${encodeURIComponent(sku)}`, { token });
  const receive = (sku: string, quantity: unknown, more: RequestOptions = {}) =>
    inventory.request('POST', `/inventory/stock/${encodeURIComponent(sku)}/receipts`, {
      token: admin,
      body: { quantity },
      ...more,
    });
  const adjust = (sku: string, quantity: unknown, reason: unknown = 'counted', more: RequestOptions = {}) =>
    inventory.request('POST', `/inventory/stock/${encodeURIComponent(sku)}/adjustments`, {
      token: admin,
      body: { quantity, reason },
      ...more,
    });

  it('is nothing when the product is new, and grows with each receipt', async () => {
    await add('grow/ing ü');
    expect((await look('grow/ing ü')).body).toEqual({ sku: 'grow/ing ü', onHand: 0, reserved: 0, available: 0 });

    const received = await receive('grow/ing ü', 5);
    expect(received.status).toBe(201);
    expect(received.body).toEqual({ sku: 'grow/ing ü', onHand: 5, reserved: 0, available: 5 });
    expect(received.headers.get('location')).toBe(`/inventory/stock/${encodeURIComponent('grow/ing ü')}`);

    expect((await receive('grow/ing ü', 7)).body).toMatchObject({ onHand: 12 });
    expect((await look('grow/ing ü')).body).toMatchObject({ onHand: 12, available: 12 });
  });

  it('is adjusted up and down, but never below nothing', async () => {
    await add('COUNTED');
    expect((await adjust('COUNTED', 3)).status).toBe(201);
    expect((await adjust('COUNTED', -2)).body).toMatchObject({ onHand: 1, available: 1 });

    const refused = await adjust('COUNTED', -2);
    expect(refused.status).toBe(422);
    expect(refused.body).toMatchObject({
      type: 'urn:problem:impossible-quantity',
      errors: [{ field: 'quantity', message: expect.stringContaining('Only 1') }],
    });
    expect((await look('COUNTED')).body).toMatchObject({ onHand: 1 });
  });

  it('may be seen by everybody who is signed in, and by nobody else', async () => {
    await add('SEEN');
    expect((await look('SEEN', customer)).status).toBe(200);
    expect((await inventory.request('GET', '/inventory/stock/SEEN')).status).toBe(401);
  });

  it('is changed by administrators only', async () => {
    await add('GUARDED');
    for (const token of [customer, await inventory.tokenFor({ id: 'clerk', roles: ['sales'] })]) {
      expect((await receive('GUARDED', 1, { token })).status).toBe(403);
      expect((await adjust('GUARDED', 1, 'mine', { token })).status).toBe(403);
    }
    expect((await look('GUARDED')).body).toMatchObject({ onHand: 0 });
  });

  it('is unknown for what the catalog does not sell', async () => {
    for (const sku of ['NOTHING', 'seen', 'x'.repeat(90)]) {
      expect((await look(sku)).status).toBe(404);
      expect((await receive(sku, 1)).status).toBe(404);
      expect((await adjust(sku, 1)).status).toBe(404);
    }
  });

  it('does not exist for what is sold but not kept in stock', async () => {
    const refused = await look('POST');
    expect(refused.status).toBe(404);
    expect(refused.body).toMatchObject({ type: 'urn:problem:not-kept-in-stock' });
    expect((await receive('POST', 1)).status).toBe(422);
    expect((await adjust('POST', -1)).status).toBe(422);
  });

  it.each([0, -1, 1.5, MANY + 1, '5', null])('receives no quantity of %j', async (quantity) => {
    const refused = await receive('SEEN', quantity);
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
    const refused = await adjust('SEEN', quantity, reason);
    expect(refused.status).toBe(422);
    expect(refused.body.errors).toEqual([expect.objectContaining({ field })]);
  });

  it('changes once under one idempotency key', async () => {
    await add('KEYED');
    const headers = { 'idempotency-key': 'the-delivery-of-monday' };
    const both = await Promise.all([receive('KEYED', 4, { headers }), receive('KEYED', 4, { headers })]);
    expect(both.map(({ status }) => status)).toEqual([201, 201]);
    expect(both[1].body).toEqual(both[0].body);
    expect((await look('KEYED')).body).toMatchObject({ onHand: 4 });
    expect((await receive('KEYED', 5, { headers })).status).toBe(409);
  });

  it('loses no change of many at once', async () => {
    await add('BUSY');
    await receive('BUSY', 100);
    await Promise.all([1, 2, 3, 4, 5].flatMap((n) => [receive('BUSY', n), adjust('BUSY', -2 * n)]));
    expect((await look('BUSY')).body).toMatchObject({ onHand: 85 });
  });
});
