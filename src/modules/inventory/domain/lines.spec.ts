import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { placeable, type Shelf, shortagesOf, totalsOf } from './lines.js';
import { availableOf, MOST_PIECES, type Stock } from './stock.js';

const shelfOf = (...stock: Partial<Stock>[]): Shelf =>
  new Map(
    stock.map((one, at) => {
      const sku = one.sku ?? `S${at}`;
      return [sku, { sku, stocked: true, onHand: 0, reserved: 0, ...one }];
    }),
  );

const sku = fc.constantFrom('A', 'B', 'C');
const lines = fc.array(fc.record({ sku, quantity: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.maxSafeNat()) }), {
  minLength: 1,
  maxLength: 8,
});
const shelves = fc
  .array(fc.tuple(fc.oneof(fc.nat(30), fc.maxSafeNat()), fc.nat(30), fc.boolean()), { minLength: 3, maxLength: 3 })
  .map((all) =>
    shelfOf(
      ...all.map(([onHand, reserved, stocked], at) => ({
        sku: 'ABC'.charAt(at),
        stocked,
        onHand: stocked ? onHand : 0,
        reserved: stocked ? Math.min(reserved, onHand) : 0,
      })),
    ),
  );

/** Exact, whatever the size. */
function wantedOf(of: string, all: readonly { sku: string; quantity: number }[]): bigint {
  return all.filter((line) => line.sku === of).reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
}

describe('the lines of an order', () => {
  it('are added up by SKU', () => {
    expect(
      totalsOf([
        { sku: 'A', quantity: 1 },
        { sku: 'a', quantity: 2 },
        { sku: 'A', quantity: 3 },
      ]),
    ).toEqual([
      { sku: 'A', quantity: 4 },
      { sku: 'a', quantity: 2 },
    ]);
  });

  it('are short exactly where more is wanted than is available, however large the sums', () => {
    fc.assert(
      fc.property(lines, shelves, (wanted, shelf) => {
        const short = shortagesOf(totalsOf(wanted), shelf).map((shortage) => shortage.sku);
        for (const one of new Set(wanted.map((line) => line.sku))) {
          const stock = shelf.get(one);
          const available = BigInt(availableOf(stock as Stock));
          expect([one, short.includes(one)]).toEqual([one, wantedOf(one, wanted) > available]);
        }
      }),
    );
  });

  it('can neither be short nor find a place where a product is unknown', () => {
    const totals = [{ sku: 'NEW', quantity: 1 }];
    for (const decide of [shortagesOf, placeable]) {
      expect(() => decide(totals, shelfOf({ sku: 'OLD' }))).toThrow('Inventory knows no product "NEW"');
    }
  });

  it('never ask for more in a shortage than a message can say', () => {
    const wanted = [
      { sku: 'S0', quantity: MOST_PIECES },
      { sku: 'S0', quantity: 1 },
    ];
    expect(shortagesOf(totalsOf(wanted), shelfOf({ onHand: MOST_PIECES }))).toEqual([
      { sku: 'S0', requested: MOST_PIECES, available: MOST_PIECES },
    ]);
  });
});

describe('returned goods', () => {
  it('find a place up to what can be counted, and only where such goods are kept', () => {
    fc.assert(
      fc.property(lines, shelves, (returned, shelf) => {
        const placed = new Map(placeable(totalsOf(returned), shelf).map((line) => [line.sku, BigInt(line.quantity)]));
        for (const one of new Set(returned.map((line) => line.sku))) {
          const stock = shelf.get(one);
          const room = stock?.stocked ? BigInt(MOST_PIECES - stock.onHand) : 0n;
          const all = wantedOf(one, returned);
          expect([one, placed.get(one) ?? 0n]).toEqual([one, all < room ? all : room]);
        }
      }),
    );
  });
});
