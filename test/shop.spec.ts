import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Shop, startShop } from './shop.js';
import { theShop } from './shop-suite.js';

describe('the shop', () => theShop(startShop));

describe('the health of an app', () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await startShop();
  }, 180_000);
  afterAll(() => shop?.close());

  it('is that of every module in it', async () => {
    const ready = await shop.request<{ modules: object }>('GET', '/health/ready');
    expect(ready.status).toBe(200);
    expect(Object.keys(ready.body.modules).sort()).toEqual([
      'billing',
      'catalog',
      'identity',
      'inventory',
      'orders',
      'shipping',
    ]);
  });
});
