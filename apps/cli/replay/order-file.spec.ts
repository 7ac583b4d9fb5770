import { describe, expect, it } from '@jest/globals';
import { sumOf, ZERO } from './exact-money.js';
import { readOrderFile } from './order-file.js';
import { isDocument } from './plan.js';

describe('the two days of real orders', () => {
  it('are read whole, and worth what they are worth', async () => {
    const { plan, malformed } = await readOrderFile('data/online-retail-2010-12-01-to-02.csv');
    expect(malformed).toBe(0);
    expect(plan.counts).toEqual({
      order: { invoices: 279, lines: 5145 },
      return: { invoices: 29, lines: 70 },
      adjustment: { invoices: 2, lines: 2 },
    });
    expect([plan.products.length, plan.movements.length, plan.customers.length]).toEqual([1608, 1602, 206]);
    expect(plan.products.filter(({ stocked }) => !stocked).map(({ sku }) => sku)).toEqual(
      expect.arrayContaining(['POST', 'D', 'C2', 'M', 'BANK CHARGES', 'DOT']),
    );
    const documents = plan.documents.filter(isDocument);
    const worth = sumOf(documents.map(({ kind, total }) => (kind === 'order' ? total : ZERO.minus(total))));
    expect(worth.toFixed()).toBe('104842.84');
  });
});
