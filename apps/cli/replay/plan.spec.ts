import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { sumOf, ZERO } from './exact-money.js';
import type { OrderLine } from './order-line.js';
import { type Document, demandOf, MAX_LINES, type Plan, PlanBuilder } from './plan.js';

const sold: OrderLine = {
  kind: 'order',
  invoice: '536365',
  position: 1,
  sku: '85123A',
  description: 'WHITE HEART',
  quantity: 6,
  unitPrice: '2.55',
  customer: '17850',
};

function planOf(...lines: Partial<OrderLine>[]): Plan {
  const builder = new PlanBuilder();
  for (const line of lines) builder.add({ ...sold, ...line });
  return builder.build();
}

const documents = (plan: Plan) => plan.documents.filter((entry) => entry.kind !== 'adjustment');
const exactly = ({ quantity, unitPrice }: OrderLine) => ZERO.plus(unitPrice).times(quantity);

describe('planning a replay', () => {
  it('makes an order of an invoice and a return of a cancellation, in the order of the file', () => {
    const plan = planOf(
      { invoice: '536365' },
      { invoice: 'C536379', kind: 'return', quantity: 1, customer: undefined },
      { invoice: '536365', position: 2, unitPrice: '3.39' },
    );
    expect(documents(plan).map(({ kind, key, lines, total }) => [kind, key, lines.length, total.toFixed()])).toEqual([
      ['order', 'replay:order:536365', 2, '35.64'],
      ['return', 'replay:return:C536379', 1, '2.55'],
    ]);
    expect(plan.customers).toEqual(['17850']);
  });

  it('makes a stock adjustment of a negative line, with the description or the invoice as its reason', () => {
    const plan = planOf(
      { kind: 'adjustment', invoice: '536589', position: 3, quantity: 10, unitPrice: '0.00', description: '' },
      { kind: 'adjustment', invoice: '536764', quantity: 38, unitPrice: '0.00', description: 'damages' },
    );
    expect(plan.documents).toMatchObject([
      { key: 'replay:adjustment:536589:3', quantity: -10, reason: 'negative line of invoice 536589' },
      { key: 'replay:adjustment:536764:1', quantity: -38, reason: 'damages' },
    ]);
  });

  it('says so when an adjustment cannot be made as it stands', () => {
    const plan = planOf({ kind: 'adjustment', sku: 'POST', unitPrice: '18.00' });
    expect(plan.documents).toEqual([]);
    expect(plan.notices).toEqual([
      expect.stringContaining('its price of 18.00 is left out'),
      expect.stringContaining('POST is not kept in stock'),
    ]);
  });

  it('names and prices a product by the first line that knows', () => {
    const plan = planOf(
      { description: '', unitPrice: '0.00' },
      { description: ' WHITE\n HEART ', unitPrice: '2.55' },
      { description: 'other', unitPrice: '4.95' },
      { sku: 'POST', description: '', unitPrice: '0.00' },
      { sku: '85123a', description: 'x'.repeat(300) },
    );
    expect(plan.products).toMatchObject([
      { sku: '85123A', name: 'WHITE HEART', price: '2.55', stocked: true },
      { sku: 'POST', name: 'POST', price: '0.00', stocked: false },
      { sku: '85123a', name: 'x'.repeat(200), stocked: true },
    ]);
  });

  it('leaves out a line that gives an invoice to a second customer', () => {
    const builder = new PlanBuilder();
    expect(builder.add(sold)).toBeUndefined();
    expect(builder.add({ ...sold, customer: undefined })).toBe('invoice 536365 belongs to 17850, this line to guest');
    expect(builder.build().counts.order).toEqual({ invoices: 1, lines: 1 });
  });

  it('splits an invoice that is longer than an order may be', () => {
    const plan = planOf(...Array.from({ length: 1114 }, (_, index) => ({ position: index + 1 })));
    expect(documents(plan).map(({ key, label, lines }) => [key, label, lines.length])).toEqual([
      ['replay:order:536365:1', 'order 536365 (part 1 of 2)', MAX_LINES],
      ['replay:order:536365:2', 'order 536365 (part 2 of 2)', 114],
    ]);
  });

  it('receives under another key when another invoice touches the SKU', () => {
    const digest = (...lines: Partial<OrderLine>[]) => planOf(...lines).movements[0]?.digest;
    expect(digest({}, {})).toBe(digest({}, {}));
    expect(digest({}, { invoice: '536366' })).not.toBe(digest({}));
    expect(digest({ quantity: 7 })).not.toBe(digest({}));
  });

  describe('of any file', () => {
    const quantity = fc.integer({ min: 1, max: 80_995 });
    const anyLine = fc.record({
      kind: fc.constantFrom('order', 'adjustment'),
      number: fc.integer({ min: 1, max: 5 }),
      cancelled: fc.boolean(),
      sku: fc.constantFrom('85123A', '85123a', '22423', 'POST', 'D'),
      quantity,
      unitPrice: fc
        .tuple(fc.nat(99_999), fc.integer({ min: 0, max: 9999 }))
        .map(([n, d]) => `${n}.${String(d).padStart(4, '0')}`),
    });
    const anyFile = fc.array(anyLine, { maxLength: 60 }).map((lines) =>
      lines.map(
        ({ kind, number, cancelled, ...line }, index): OrderLine => ({
          ...line,
          kind: cancelled ? 'return' : (kind as 'order' | 'adjustment'),
          invoice: cancelled ? `C${number}` : `${number}`,
          customer: number % 2 ? `${number}` : undefined,
          position: index + 1,
          description: '',
        }),
      ),
    );

    it('the plan is worth what the file is worth, to the last decimal', () => {
      fc.assert(
        fc.property(anyFile, (lines) => {
          const worth = (kind: Document['kind']) =>
            sumOf(lines.filter((line) => line.kind === kind).map(exactly)).toFixed();
          const planned = documents(planOf(...lines));
          for (const kind of ['order', 'return'] as const) {
            const total = sumOf(planned.filter((document) => document.kind === kind).map(({ total }) => total));
            expect(total.toFixed()).toBe(worth(kind));
          }
        }),
      );
    });

    it('every accepted line is sent once, and what leaves is received first', () => {
      fc.assert(
        fc.property(anyFile, (lines) => {
          const plan = planOf(...lines);
          const keys = plan.documents.map(({ key }) => key);
          expect(new Set(keys).size).toBe(keys.length);
          const goods = lines.filter(({ sku }) => /^\d/.test(sku));
          for (const movement of plan.movements) {
            const leaving = goods.filter(({ sku, kind }) => sku === movement.sku && kind !== 'return');
            expect(demandOf(movement)).toBe(leaving.reduce((sum, line) => sum + line.quantity, 0));
          }
          const sent = documents(plan).flatMap((document) => document.lines).length;
          expect(sent).toBe(lines.filter(({ kind }) => kind !== 'adjustment').length);
        }),
      );
    });
  });
});
