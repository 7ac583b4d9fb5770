import { expect } from '@jest/globals';
import { shopAt } from '../shop.js';
import type { Running } from './seamline.js';

export const MODULES = ['identity', 'catalog', 'inventory', 'orders', 'billing', 'shipping'];
export const ALL_BUT_INVENTORY = MODULES.filter((module) => module !== 'inventory');

/** Through every module: what is sold is in stock, paid for and waits to be shipped. A failure tells what the system said. */
export async function sell(url: string, system: Running): Promise<void> {
  try {
    await sellOne(url);
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${system.printed()}`, { cause: error });
  }
}

async function sellOne(url: string): Promise<void> {
  const shop = await shopAt(url);
  const { token } = await shop.customer();
  const sku = await shop.product({ price: '2.55', stock: 10 });
  const order = await shop.order(token, { lines: [{ sku, quantity: 4 }], payment: { token: 'tok_ok' } });
  expect(order).toMatchObject({ status: 'confirmed', total: { amount: '10.20', currency: 'GBP' } });
  expect(await shop.stock(sku)).toMatchObject({ onHand: 10, reserved: 4, available: 6 });
  const shipment = await shop.request('GET', `/shipping/shipments/${order.id}`, { token: shop.admin });
  expect(shipment.status).toBe(200);
}
