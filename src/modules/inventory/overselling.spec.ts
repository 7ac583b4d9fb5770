import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Line, Model, Reality } from './testing/model.js';
import { Neighbour } from './testing/neighbour.js';
import { Shelf } from './testing/shelf.js';

describe('stock', () => {
  const left = new Neighbour('left');
  const right = new Neighbour('right');
  let shelf: Shelf;

  beforeAll(async () => {
    shelf = await Shelf.start([left.module, right.module]);
  });
  afterAll(() => shelf.scenario.close());

  it('is never oversold: of 50 reservations for the last 10 pieces, from two sides at once, 10 are made', async () => {
    const [sku] = await shelf.stocked(10);
    const references = Array.from({ length: 50 }, () => randomUUID());

    await Promise.all(
      references.map((reference, at) =>
        (at % 2 ? left : right).reserve([{ reference, lines: [{ sku, quantity: 1 }] }]),
      ),
    );

    const answers = await shelf.decisions(references);
    expect(answers.filter((answer) => answer === 'reserved')).toHaveLength(10);
    expect(await shelf.counts(sku)).toEqual([10, 10, 0]);
  });

  it('is reserved from two sides at once in opposite order without a deadlock', async () => {
    const skus = await shelf.stockedAtOnce(30, 100);
    const one = (sku: string) => ({ reference: randomUUID(), lines: [{ sku, quantity: 1 }] });

    for (let round = 0; round < 2; round++) {
      const [there, back] = [skus.map(one), skus.toReversed().map(one)];
      await Promise.all([left.reserve(there), right.reserve(back)]);
      await shelf.decisions([...there, ...back].map(({ reference }) => reference));
    }

    expect(await shelf.deadlocks()).toBe(0);
  });

  it('does what a simple model does, whatever happens in whatever order, and its ledger adds up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 15 }), async (steps) => {
        const skus = await shelf.stocked(START, START);
        const [reality, model] = [new Reality(shelf, skus), new Model(skus.length, START)];
        for (const each of steps) expect(await take(each, reality)).toEqual(take(each, model));
        for (const [at, { onHand, reserved }] of model.counts.entries()) {
          expect(await shelf.counts(skus[at])).toEqual([onHand, reserved, onHand - reserved]);
          expect(await shelf.ledger(skus[at])).toEqual([onHand, reserved]);
        }
      }),
      // Without shrinking, which takes its time on a database: the steps are few enough to read.
      { numRuns: 10, endOnFailure: true },
    );
  });
});

/** Of each product, so that about every second reservation finds enough. */
const START = 15;
const sku = fc.integer({ min: 0, max: 1 });
const quantity = fc.integer({ min: 1, max: 9 });
const reference = fc.integer({ min: 0, max: 3 });
const lines: fc.Arbitrary<Line[]> = fc.array(fc.record({ sku, quantity }), { minLength: 1, maxLength: 3 });
const named = <Name extends keyof Model>(name: Name) => fc.constant(name);
const step = fc.oneof(
  { weight: 1, arbitrary: fc.tuple(named('receive'), sku, quantity) },
  { weight: 2, arbitrary: fc.tuple(named('adjust'), sku, fc.integer({ min: -START, max: -1 })) },
  { weight: 4, arbitrary: fc.tuple(named('reserve'), reference, lines) },
  { weight: 2, arbitrary: fc.tuple(named('release'), reference) },
  { weight: 3, arbitrary: fc.tuple(named('fulfil'), reference) },
  { weight: 1, arbitrary: fc.tuple(named('takeBack'), reference, lines) },
);

function take([name, ...details]: readonly [string, ...unknown[]], on: Model | Reality): unknown {
  const inventory = on as unknown as Record<string, (...details: unknown[]) => unknown>;
  return inventory[name]?.(...details);
}
