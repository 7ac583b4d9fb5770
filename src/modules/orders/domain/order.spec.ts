import { describe, expect, it } from '@jest/globals';
import { money } from '#kernel/contract/money';
import { Order, type OrderStatus } from './order.js';

const now = new Date('2010-12-01T08:26:00Z');
const placed = () =>
  new Order(
    {
      id: '0199a000-0000-7000-8000-000000000001',
      customerId: null,
      lines: [{ sku: '85123A', quantity: 6, unitPrice: money('2.55', 'GBP'), stocked: true }],
      paymentToken: 'tok_ok',
    },
    now,
  );

const WAYS: Record<OrderStatus, OrderStatus[]> = {
  placed: [],
  confirmed: ['confirmed'],
  shipped: ['confirmed', 'shipped'],
  rejected: ['rejected'],
  cancelled: ['cancelled'],
};
const STATUSES = Object.keys(WAYS) as OrderStatus[];
const ALLOWED = ['placed>confirmed', 'placed>rejected', 'placed>cancelled', 'confirmed>shipped', 'confirmed>cancelled'];

function orderIn(status: OrderStatus): Order {
  const order = placed();
  for (const step of WAYS[status]) order.moveTo(step, now);
  return order;
}

describe('an order', () => {
  it('begins as placed, with the exact total of its lines', () => {
    expect(placed()).toMatchObject({ status: 'placed', total: { amount: '15.30', currency: 'GBP' } });
    expect(placed().history).toEqual([{ status: 'placed', at: '2010-12-01T08:26:00.000Z' }]);
  });

  it.each(STATUSES.flatMap((from) => STATUSES.map((to) => [from, to] as const)))(
    'goes from %s to %s only where the shop allows it',
    (from, to) => {
      const order = orderIn(from);
      if (ALLOWED.includes(`${from}>${to}`)) {
        order.moveTo(to, now);
        expect(order.status).toBe(to);
      } else {
        expect(() => order.moveTo(to, now)).toThrow(`is ${from} and cannot become ${to}`);
        expect(order.status).toBe(from);
      }
    },
  );

  it('remembers when and why, and forgets the payment token once settled', () => {
    const order = placed();
    order.moveTo('rejected', now, 'insufficient-stock');
    expect(order.history.at(-1)).toEqual({
      status: 'rejected',
      at: '2010-12-01T08:26:00.000Z',
      reason: 'insufficient-stock',
    });
    expect(order.paymentToken).toBeNull();
  });

  it('takes a wish to cancel once, and only while goods and money are here', () => {
    const order = placed();
    expect(order.requestCancellation()).toBe(true);
    expect(order.requestCancellation()).toBe(false);
    expect(orderIn('confirmed').requestCancellation()).toBe(true);
    for (const status of ['shipped', 'rejected', 'cancelled'] as const) {
      expect(() => orderIn(status).requestCancellation()).toThrow(`is ${status}: it cannot be cancelled`);
    }
  });
});
