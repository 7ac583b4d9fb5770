import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Availability } from './contract/availability.js';
import { Shelf } from './testing/shelf.js';

describe('the availability of stock', () => {
  let shelf: Shelf;

  beforeAll(async () => {
    shelf = await Shelf.start();
  });
  afterAll(() => shelf.scenario.close());

  const ask = (...lines: [string, number][]) =>
    shelf.scenario.ask(Availability, { lines: lines.map(([sku, quantity]) => ({ sku, quantity })) });

  it('is what is on hand and not reserved', async () => {
    const [sku] = await shelf.stocked(5);
    await shelf.reserve('0198c5a4-0000-7000-8000-000000000001', [{ sku, quantity: 2 }]);
    expect(await ask([sku, 3])).toEqual({ stock: 'available', shortages: [] });
    expect(await ask([sku, 4])).toEqual({ stock: 'short', shortages: [{ sku, requested: 4, available: 3 }] });
    expect(await shelf.counts(sku)).toEqual([5, 2, 3]);
  });

  it('counts all lines of one product together, and names every shortage', async () => {
    const [some, few] = await shelf.stocked(3, 1);
    expect(await ask([some, 2], [few, 2], [some, 2])).toEqual({
      stock: 'short',
      shortages: [
        { sku: some, requested: 4, available: 3 },
        { sku: few, requested: 2, available: 1 },
      ],
    });
  });

  it('is never short of what is not kept in stock', async () => {
    await shelf.add(['POSTAGE'], false);
    expect(await ask(['POSTAGE', 1_000])).toEqual({ stock: 'available', shortages: [] });
  });

  it('is not known of a product that inventory has not heard of', async () => {
    await expect(ask(['NEVER-HEARD-OF', 1])).rejects.toMatchObject({ kind: 'not-found', code: 'unknown-sku' });
  });
});
