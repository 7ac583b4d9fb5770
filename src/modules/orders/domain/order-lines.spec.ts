import { describe, expect, it } from '@jest/globals';
import { DomainError } from '#kernel/contract/domain-error';
import { money } from '#kernel/contract/money';
import { type Offer, priceLines, stockedLines, totalOf } from './order-lines.js';

const gbp = (amount: string) => money(amount, 'GBP');
const heart: Offer = { sku: '85123A', price: gbp('2.55'), stocked: true };
const postage: Offer = { sku: 'POST', price: gbp('18'), stocked: false };

describe('pricing the lines of an order', () => {
  it("takes the catalog's price where none is given", () => {
    expect(priceLines([{ sku: '85123A', quantity: 6 }], [heart])).toEqual([
      { sku: '85123A', quantity: 6, unitPrice: gbp('2.55'), stocked: true },
    ]);
  });

  it('lets one sku stand at several prices', () => {
    const lines = priceLines(
      [
        { sku: 'POST', quantity: 1, unitPrice: gbp('1.25') },
        { sku: 'POST', quantity: 1, unitPrice: gbp('18.95') },
      ],
      [postage],
    );
    expect(totalOf(lines)).toEqual(gbp('20.20'));
  });

  it('names every line that cannot be had, not the first only', () => {
    const wanted = [
      { sku: 'GONE', quantity: 1 },
      { sku: '85123A', quantity: 1 },
      { sku: '85123a', quantity: 1 },
      { sku: 'POST', quantity: 1, unitPrice: money('1', 'EUR') },
    ];
    const refusal = refusalOf(() => priceLines(wanted, [heart, postage]));
    expect(refusal.kind).toBe('unprocessable');
    expect(refusal.errors?.map(({ field }) => field)).toEqual([
      'lines[0].sku',
      'lines[2].sku',
      'lines[3].unitPrice.currency',
    ]);
  });
});

describe('the total of an order', () => {
  it('is exact where a float is not', () => {
    const lines = priceLines([{ sku: '85123A', quantity: 3, unitPrice: gbp('0.1') }], [heart]);
    expect(totalOf(lines)).toEqual({ amount: '0.30', currency: 'GBP' });
  });

  it('keeps fractions of a penny instead of rounding them', () => {
    const lines = priceLines([{ sku: '85123A', quantity: 3, unitPrice: gbp('0.0425') }], [heart]);
    expect(totalOf(lines)).toEqual({ amount: '0.1275', currency: 'GBP' });
  });

  it('is in the currency of its lines, and there is none without lines', () => {
    const euro: Offer = { sku: 'TASSE', price: money('4', 'EUR'), stocked: true };
    expect(totalOf(priceLines([{ sku: 'TASSE', quantity: 2 }], [euro]))).toEqual(money('8', 'EUR'));
    expect(() => totalOf([])).toThrow('No lines, no total');
  });

  it('is refused when no message could carry it', () => {
    const lines = priceLines([{ sku: '85123A', quantity: 1_000_000, unitPrice: gbp('99999999999') }], [heart]);
    expect(refusalOf(() => totalOf(lines)).code).toBe('total-too-large');
  });
});

describe('what inventory is asked for', () => {
  it('is one line a sku, without what is not kept in stock', () => {
    const lines = priceLines(
      [
        { sku: '85123A', quantity: 6 },
        { sku: 'POST', quantity: 1 },
        { sku: '85123A', quantity: 2, unitPrice: gbp('1') },
      ],
      [heart, postage],
    );
    expect(stockedLines(lines)).toEqual([{ sku: '85123A', quantity: 8 }]);
  });
});

function refusalOf(act: () => unknown): DomainError {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}
