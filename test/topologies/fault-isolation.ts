import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN, askUntil, type OrderView, type ShopFront, shopAt } from '../shop.js';
import { reconciles, withOrders } from './suite.js';
import type { LooseSystem } from './system.js';

const LONG = 600_000;
/** A request that needs nothing of billing, in milliseconds: longer, and it would have waited for it. */
const PROMPT = 10_000;

/** Where billing has an app of its own and dies, nothing else does, and nothing is lost by it. */
export function faultIsolation(start: () => Promise<LooseSystem>): void {
  describe('without billing', () => {
    let system: LooseSystem;
    let shop: ShopFront;
    let alice: { id: string; token: string };

    beforeAll(async () => {
      system = await start();
      shop = await shopAt(system.url);
      alice = await shop.customer();
    }, LONG);
    afterAll(() => system?.stop(), LONG);

    it(
      'all else answers, orders are taken and wait; it returns, and all settle and reconcile',
      () =>
        withOrders(0, 600, async (orders) => {
          const [paid, free] = [
            await shop.product({ price: '2.50', stock: 10 }),
            await shop.product({ price: '0', stock: 5 }),
          ];
          await system.kill('billing');

          await everythingElseAnswers(alice.token);
          const billing = await prompt('GET', `/billing/accounts/${alice.id}`, { token: shop.admin });
          expect(billing.status).toBe(503);
          expect(billing.headers.get('content-type')).toContain('application/problem+json');

          const taken = await Promise.all(Array.from({ length: 4 }, () => place(paid)));
          const gift = await place(free);
          expect(await shop.settled(gift)).toMatchObject({ status: 'confirmed' });
          const replay = orders.replayAt(system.url);
          await replay.says(/^orders \d+\/\d+ in/m, LONG);
          for (const id of taken) expect(await orderOf(id)).toMatchObject({ status: 'placed' });
          expect(await shop.stock(paid)).toMatchObject({ onHand: 10, reserved: 4 });

          await system.start('billing');
          for (const id of taken) {
            const settled = await askUntil(
              () => orderOf(id),
              ({ status }) => status !== 'placed',
            );
            expect(settled).toMatchObject({ status: 'confirmed' });
            const { body } = await shop.request('GET', `/billing/payments/${id}`, { token: shop.admin });
            expect(body).toMatchObject({ captured: { amount: '2.50', currency: 'GBP' } });
          }
          await reconciles(replay);
          await reconciles(orders.replayAt(system.url));
        }),
      LONG,
    );

    async function place(sku: string): Promise<string> {
      const body = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } };
      const placed = await prompt('POST', '/orders', { token: alice.token, body });
      expect(placed).toMatchObject({ status: 202 });
      return (placed.body as unknown as OrderView).id;
    }

    const orderOf = async (id: string) =>
      (await shop.request<OrderView>('GET', `/orders/${id}`, { token: shop.admin })).body;

    async function everythingElseAnswers(token: string): Promise<void> {
      expect((await prompt('POST', '/identity/sessions', { body: ADMIN })).status).toBe(201);
      const sku = await shop.product({ price: '1', stock: 1 });
      expect((await prompt('GET', `/catalog/products/${sku}`, {})).status).toBe(200);
      expect((await prompt('GET', `/inventory/stock/${sku}`, { token: shop.admin })).status).toBe(200);
      expect((await prompt('GET', '/orders', { token })).status).toBe(200);
      const nobodys = '00000000-0000-7000-8000-000000000000';
      expect((await prompt('GET', `/shipping/shipments/${nobodys}`, { token: shop.admin })).status).toBe(404);
    }

    async function prompt(method: string, path: string, options: Parameters<ShopFront['request']>[2]) {
      const asked = performance.now();
      const answer = await shop.request(method, path, options);
      const took = performance.now() - asked;
      expect({ path, isPrompt: took < PROMPT }).toEqual({ path, isPrompt: true });
      return answer;
    }
  });
}
