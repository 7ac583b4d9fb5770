import { describe, expect, it } from '@jest/globals';
import { Reservation } from './reservation.js';
import type { Stock } from './stock.js';

const shelf = new Map<string, Stock>([
  ['A', { sku: 'A', stocked: true, onHand: 5, reserved: 2 }],
  ['POST', { sku: 'POST', stocked: false, onHand: 0, reserved: 0 }],
]);
const of = (sku: string, quantity: number) => Reservation.decide('some order', [{ sku, quantity }], shelf);

describe('a reservation', () => {
  it('stands when there is enough of all', () => {
    expect(of('A', 3)).toMatchObject({ stands: true, lines: [{ sku: 'A', quantity: 3 }], shortages: [] });
  });

  it.each([
    ['there is too little', 'A', 4, 3],
    ['the product is not kept in stock', 'POST', 1, 0],
  ])('is refused when %s', (_why, sku, requested, available) => {
    expect(of(sku, requested)).toMatchObject({ stands: false, shortages: [{ sku, requested, available }] });
  });

  it('gives its goods back once, and then stands no more', () => {
    const reservation = of('A', 3);
    expect([reservation.release(), reservation.release(), reservation.fulfil()]).toEqual([true, false, false]);
    expect(reservation.stands).toBe(false);
  });

  it('lets its goods leave once, and then has nothing to give back', () => {
    const reservation = of('A', 3);
    expect([reservation.fulfil(), reservation.fulfil(), reservation.release()]).toEqual([true, false, false]);
    expect(reservation.stands).toBe(true);
  });

  it.each([
    ['was refused', of('A', 4)],
    ['was released before it was made', Reservation.forestalled('some order')],
  ])('has nothing to give back or to let go when it %s', (_why, reservation) => {
    expect([reservation.release(), reservation.fulfil(), reservation.stands]).toEqual([false, false, false]);
  });
});
