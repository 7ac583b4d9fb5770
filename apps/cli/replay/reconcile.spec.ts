import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ZERO } from './exact-money.js';
import type { OrderLine } from './order-line.js';
import { type Document, isDocument, type Plan, PlanBuilder } from './plan.js';
import {
  type DocumentEvidence,
  differences,
  type Evidence,
  expectedStock,
  type Reconciliation,
  reconcile,
} from './reconcile.js';
import { report } from './report.js';

const anyLine = fc.record({
  number: fc.integer({ min: 1, max: 8 }),
  sku: fc.constantFrom('85123A', '22423', 'POST'),
  quantity: fc.integer({ min: 1, max: 100 }),
  unitPrice: fc.constantFrom('0.01', '2.55', '0.0001'),
  returned: fc.boolean(),
});

const anyPlan = fc.array(anyLine, { minLength: 1, maxLength: 30 }).map((lines) => {
  const builder = new PlanBuilder();
  for (const [index, { number, returned, ...line }] of lines.entries()) {
    const kind: OrderLine['kind'] = returned ? 'return' : 'order';
    const invoice = `${returned ? 'C' : ''}${number}`;
    const customer = number % 3 ? `${number % 3}` : undefined;
    builder.add({ ...line, kind, invoice, customer, position: index + 1, description: '' });
  }
  return builder.build();
});

/** What a shop tells that did everything right and had some stock before. */
function allWell(plan: Plan): Evidence {
  const seen = (document: Document): DocumentEvidence => ({
    status: document.kind === 'order' ? 'confirmed' : 'completed',
    reason: undefined,
    total: document.total,
    billed: document.total,
    replayed: false,
    placedAt: 1000,
    settledAt: 1250,
  });
  return {
    documents: new Map(plan.documents.filter(isDocument).map((document) => [document, seen(document)])),
    stock: new Map(plan.movements.map((m) => [m.sku, { before: 5, available: expectedStock({ before: 5 }, m) }])),
    refusals: [],
  };
}

function judge(plan: Plan, disturb: (evidence: Evidence) => void = () => {}): Reconciliation {
  const evidence = allWell(plan);
  disturb(evidence);
  return reconcile(plan, evidence);
}

/** Changes what is told of one document, whichever fast-check chose. */
const disturbed = (choice: number, change: (seen: DocumentEvidence) => void) => (evidence: Evidence) => {
  const all = [...evidence.documents.values()];
  change(all[choice % all.length] as DocumentEvidence);
};

describe('reconciling', () => {
  it('finds nothing where the shop did everything right', () => {
    fc.assert(fc.property(anyPlan, (plan) => differences(judge(plan)) === 0));
  });

  it.each<[string, (seen: DocumentEvidence) => void]>([
    ['the smallest coin missing at billing', (seen) => (seen.billed = seen.billed.minus('0.0001'))],
    ['another total', (seen) => (seen.total = seen.total.plus('0.0001'))],
    ['a rejected order', (seen) => (seen.status = 'rejected')],
    ['an order that does not settle', (seen) => (seen.status = 'placed')],
  ])('finds %s, in whichever order it is', (_, change) => {
    fc.assert(
      fc.property(anyPlan, fc.nat(), (plan, choice) => differences(judge(plan, disturbed(choice, change))) > 0),
    );
  });

  it('finds a piece too many or too few, and an SKU that inventory does not tell of', () => {
    fc.assert(
      fc.property(anyPlan, fc.constantFrom(-1, 1, Number.NaN), (plan, pieces) => {
        const result = judge(plan, ({ stock }) => {
          for (const [sku, { before, available = 0 }] of stock)
            stock.set(sku, { before, available: available + pieces });
        });
        expect(result.stock.different).toHaveLength(plan.movements.length);
        expect(judge(plan, ({ stock }) => stock.clear()).stock.different).toHaveLength(plan.movements.length);
      }),
    );
  });

  it('counts the total as the customers and the guest together', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        const { documents } = allWell(plan);
        const worth = [...documents.keys()].reduce(
          (sum, { kind, total }) => (kind === 'order' ? sum.plus(total) : sum.minus(total)),
          ZERO,
        );
        expect(judge(plan).money.total.file.toFixed()).toBe(worth.toFixed());
      }),
    );
  });
});

describe('the report', () => {
  it('keeps to the first rows where everything differs', () => {
    const builder = new PlanBuilder();
    const line = { kind: 'order', position: 1, sku: '22423', description: '', quantity: 1, unitPrice: '1.00' } as const;
    for (let n = 0; n < 200; n++) builder.add({ ...line, invoice: `${n}`, customer: `${n}` });
    const plan = builder.build();
    const lines = report(
      judge(plan, ({ documents }) => {
        for (const seen of documents.values()) seen.status = 'rejected';
      }),
      0,
    );
    expect(lines).toContain('… and 151 more');
    expect(lines.length).toBeLessThan(90);
  });

  it('tells the pace by the history of the orders', () => {
    const [plan] = fc.sample(
      anyPlan.filter(({ counts }) => counts.order.lines > 0),
      1,
    ) as [Plan];
    const orders = plan.documents.filter(({ kind }) => kind === 'order').length;
    expect(report(judge(plan), 0).join('\n')).toContain(
      `${orders} orders settled in 0.3 s, ${(orders * 4).toFixed(1)} orders/s; placed to settled p50 250 ms, p99 250 ms`,
    );
  });
});
