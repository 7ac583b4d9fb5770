import { describe, expect, it } from '@jest/globals';
import { type Shop, startShop } from './shop.js';
import { theShop } from './shop-suite.js';

describe('the shop', () => {
  let starting: Promise<Shop> | undefined;
  const open = () => {
    starting ??= startShop();
    return starting;
  };

  theShop(open);

  it('has the health of every module in it', async () => {
    const ready = await (await open()).request<{ modules: object }>('GET', '/health/ready');
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
