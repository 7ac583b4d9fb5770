import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DomainError } from '#kernel/contract/domain-error';
import { PaymentProspect } from '#modules/billing/contract/payment-prospect';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import { Availability } from '#modules/inventory/contract/availability';
import { type Scenario, startScenario } from '#test/scenario';
import { waitUntil } from '#test/until';
import { OrdersModule } from './orders.module.js';

const SKU = 'TEAPOT';
/** What an order takes beside its prospects, and then some, on a machine that does other things. In milliseconds. */
const PATIENCE = 20_000;
/** Prospects come soon or not at all, and on a machine that stands still for a moment not at all. */
const TRIES = 5;

const stockIs = (stock: 'available' | 'short') => async () => ({ stock, shortages: [] });
const paymentIs = (payment: 'likely' | 'unlikely') => async () => ({ payment });

describe('the prospects of an order', () => {
  let scenario: Scenario;
  let sql: pg.Client;
  let token: string;

  beforeAll(async () => {
    scenario = await startScenario([OrdersModule]);
    sql = new pg.Client({ connectionString: scenario.databaseUrl });
    await sql.connect();
    token = await scenario.tokenFor({ id: randomUUID(), roles: ['customer'] });
    const price = { amount: '2.50', currency: 'GBP' };
    await scenario.publish(ProductAdded, { sku: SKU, name: 'Teapot', price, stocked: true });
    await waitUntil(
      async () => (await sql.query('select from orders.offer')).rowCount === 1,
      PATIENCE,
      'it is on offer',
    );
  });
  beforeEach(() => {
    scenario.answer(Availability, stockIs('available'));
    scenario.answer(PaymentProspect, paymentIs('likely'));
  });
  afterAll(async () => {
    await sql?.end();
    await scenario?.close();
  });

  const place = (sku = SKU, headers: Record<string, string> = {}) => {
    const body = { lines: [{ sku, quantity: 2 }], payment: { token: 'tok_ok' } };
    return scenario.request('POST', '/orders', { token, body, headers });
  };

  /** Places orders until one has heard this of the others in time. */
  const placeHearing = async (...prospects: ('expected' | 'expectedPayment')[]) => {
    for (let tries = 1; ; tries++) {
      const headers = { 'idempotency-key': randomUUID() };
      const placed = await place(SKU, headers);
      const isHeard = prospects.every((each) => placed.body[each] !== 'unknown');
      if (isHeard || tries === TRIES) return { ...placed, again: () => place(SKU, headers) };
    }
  };

  it('are what inventory and billing say of its lines and its token', async () => {
    const asked: unknown[] = [];
    scenario.answer(Availability, (request) => {
      asked.push(request);
      return stockIs('short')();
    });
    scenario.answer(PaymentProspect, (request) => {
      asked.push(request);
      return paymentIs('unlikely')();
    });
    const placed = await placeHearing('expected', 'expectedPayment');
    expect(placed.status).toBe(202);
    expect(placed.body).toMatchObject({ status: 'placed', expected: 'short', expectedPayment: 'unlikely' });
    expect(asked.slice(-2)).toEqual([{ lines: [{ sku: SKU, quantity: 2 }] }, { token: 'tok_ok' }]);
  });

  it('are unknown, and hold up nothing, while the others are silent', async () => {
    scenario.answer(Availability, () => new Promise(() => undefined));
    scenario.answer(PaymentProspect, () => new Promise(() => undefined));
    const began = performance.now();
    const placed = await place();
    expect(performance.now() - began).toBeLessThan(PATIENCE);
    expect(placed.status).toBe(202);
    expect(placed.body).toMatchObject({ expected: 'unknown', expectedPayment: 'unknown' });
  });

  it('are unknown each for itself, when one fails or has not heard of the product', async () => {
    scenario.answer(PaymentProspect, async () => {
      throw new Error('out of order');
    });
    const known = await placeHearing('expected');
    expect(known.body).toMatchObject({ expected: 'available', expectedPayment: 'unknown' });
    scenario.answer(Availability, async () => {
      throw new DomainError('not-found', 'unknown-sku', `Inventory knows no product "${SKU}".`);
    });
    scenario.answer(PaymentProspect, paymentIs('likely'));
    const paid = await placeHearing('expectedPayment');
    expect(paid.body).toMatchObject({ expected: 'unknown', expectedPayment: 'likely' });
  });

  it('are asked for at the same time', async () => {
    let [underWay, most] = [0, 0];
    const aWhile = async <Reply>(reply: Reply) => {
      most = Math.max(most, ++underWay);
      await sleep(20);
      underWay--;
      return reply;
    };
    scenario.answer(Availability, () => aWhile({ stock: 'available' as const, shortages: [] }));
    scenario.answer(PaymentProspect, () => aWhile({ payment: 'likely' as const }));
    await place();
    expect(most).toBe(2);
  });

  it('are told again to whoever repeats the request', async () => {
    const first = await placeHearing('expected');
    scenario.answer(Availability, stockIs('short'));
    expect((await first.again()).body).toEqual(first.body);
    expect(first.body).toMatchObject({ expected: 'available' });
  });

  it('save no order that cannot be placed', async () => {
    expect((await place('NOT-FOR-SALE')).status).toBe(422);
  });

  it('are no part of the order itself', async () => {
    const { id } = (await place()).body;
    const order = await scenario.request('GET', `/orders/${id}`, { token });
    expect(order.body).not.toHaveProperty('expected');
  });
});
