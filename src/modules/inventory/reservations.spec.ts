import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MOST_PIECES } from './domain/stock.js';
import { Shelf } from './testing/shelf.js';

let shelf: Shelf;

beforeAll(async () => {
  shelf = await Shelf.start();
  await shelf.add(['POST'], false);
});
afterAll(() => shelf.scenario.close());

describe('a reservation', () => {
  it('sets all lines aside, those of one SKU added up', async () => {
    const [a, b] = await shelf.stocked(10, 5);
    const lines = [
      { sku: a, quantity: 3 },
      { sku: b, quantity: 5 },
      { sku: a, quantity: 4 },
    ];

    expect(await shelf.reserve(randomUUID(), lines)).toEqual('reserved');

    expect(await shelf.counts(a)).toEqual([10, 7, 3]);
    expect(await shelf.counts(b)).toEqual([5, 5, 0]);
  });

  it('sets nothing aside when one line is short, and says which and by how much', async () => {
    const [a, b] = await shelf.stocked(10, 5);
    const lines = [
      { sku: a, quantity: 1 },
      { sku: b, quantity: 3 },
      { sku: b, quantity: 3 },
      { sku: 'POST', quantity: 1 },
    ];

    expect(await shelf.reserve(randomUUID(), lines)).toEqual([
      { sku: b, requested: 6, available: 5 },
      { sku: 'POST', requested: 1, available: 0 },
    ]);
    expect(await shelf.counts(a)).toEqual([10, 0, 10]);
  });

  it('waits for a product that inventory has not heard of yet', async () => {
    const [sku] = await shelf.stocked(1);
    const [reference, unheard] = [randomUUID(), `S-${randomUUID()}`];
    const lines = [sku, unheard].map((each) => ({ sku: each, quantity: 1 }));
    const decision = shelf.reserve(reference, lines);
    expect(await shelf.whyParked(reference)).toBe(`Inventory knows no product "${unheard}".`);
    expect(await shelf.counts(sku)).toEqual([1, 0, 1]);

    await shelf.add([unheard]);
    expect(await decision).toEqual([{ sku: unheard, requested: 1, available: 0 }]);
  });

  it('is answered even when no shelf could hold so much', async () => {
    const [sku] = await shelf.stocked(1);
    const lines = Array.from({ length: 1000 }, () => ({ sku, quantity: MOST_PIECES }));
    expect(await shelf.reserve(randomUUID(), lines)).toEqual([{ sku, requested: MOST_PIECES, available: 1 }]);
  });

  it('keeps its goods from being adjusted away', async () => {
    const [sku] = await shelf.stocked(10);
    await shelf.reserve(randomUUID(), [{ sku, quantity: 8 }]);
    expect((await shelf.adjust(sku, -3)).status).toBe(422);
    expect((await shelf.adjust(sku, -2)).body).toEqual({ sku, onHand: 8, reserved: 8, available: 0 });
  });

  it('is made once, however often it is asked for', async () => {
    const [sku] = await shelf.stocked(10);
    const reference = randomUUID();
    for (const _time of [1, 2, 3]) expect(await shelf.reserve(reference, [{ sku, quantity: 4 }])).toBe('reserved');
    expect(await shelf.counts(sku)).toEqual([10, 4, 6]);
  });

  it('stays refused, although there is enough by now', async () => {
    const [sku] = await shelf.stocked(1);
    const reference = randomUUID();
    const refused = await shelf.reserve(reference, [{ sku, quantity: 4 }]);
    await shelf.receive(sku, 10);
    expect(await shelf.reserve(reference, [{ sku, quantity: 4 }])).toEqual(refused);
    expect(await shelf.counts(sku)).toEqual([11, 0, 11]);
  });

  it('is given back by a release, once', async () => {
    const [sku] = await shelf.stocked(10);
    const reference = randomUUID();
    await shelf.reserve(reference, [{ sku, quantity: 4 }]);
    await shelf.release(reference);
    await shelf.release(reference);
    expect(await shelf.counts(sku)).toEqual([10, 0, 10]);
  });

  it('is not made any more once it was released, even before it was made', async () => {
    const [sku] = await shelf.stocked(10);
    const [made, never] = [randomUUID(), randomUUID()];
    await shelf.reserve(made, [{ sku, quantity: 4 }]);
    for (const reference of [made, never]) {
      await shelf.release(reference);
      expect(await shelf.reserve(reference, [{ sku, quantity: 4 }])).toEqual([]);
    }
    expect(await shelf.counts(sku)).toEqual([10, 0, 10]);
  });

  it('takes its goods out of the house when it is fulfilled, once, and gives nothing back after that', async () => {
    const [sku] = await shelf.stocked(10);
    const reference = randomUUID();
    await shelf.reserve(reference, [{ sku, quantity: 4 }]);
    await shelf.fulfil(reference);
    await shelf.fulfil(reference);
    await shelf.release(reference);
    expect(await shelf.reserve(reference, [{ sku, quantity: 4 }])).toBe('reserved');
    expect(await shelf.counts(sku)).toEqual([6, 0, 6]);
  });

  it('takes nothing out of the house when it was never made, or released', async () => {
    const [sku] = await shelf.stocked(10);
    const released = randomUUID();
    await shelf.reserve(released, [{ sku, quantity: 4 }]);
    await shelf.release(released);
    await shelf.fulfil(released);
    await shelf.fulfil(randomUUID());
    expect(await shelf.counts(sku)).toEqual([10, 0, 10]);
  });

  it('may be of a thousand products, and so may a return', async () => {
    const skus = await shelf.stockedAtOnce(1000, 2);
    const lines = skus.map((sku) => ({ sku, quantity: 2 }));
    const reference = randomUUID();

    expect(await shelf.reserve(reference, lines)).toBe('reserved');
    expect(await shelf.reserve(randomUUID(), lines)).toHaveLength(1000);
    await shelf.fulfil(reference);
    expect(await shelf.counts(skus.at(-1))).toEqual([0, 0, 0]);
    await shelf.takeBack(randomUUID(), lines);
    expect(await shelf.counts(skus.at(-1))).toEqual([2, 0, 2]);
  });
});

describe('returned goods', () => {
  it('are on the shelf again, however many were sold', async () => {
    const [sku] = await shelf.stocked(1);
    await shelf.takeBack(randomUUID(), [
      { sku, quantity: 5 },
      { sku, quantity: 6 },
    ]);
    expect(await shelf.counts(sku)).toEqual([12, 0, 12]);
  });

  it('come back once under one reference', async () => {
    const [sku] = await shelf.stocked(1);
    const reference = randomUUID();
    await shelf.takeBack(reference, [{ sku, quantity: 5 }]);
    await shelf.takeBack(reference, [{ sku, quantity: 5 }]);
    expect(await shelf.counts(sku)).toEqual([6, 0, 6]);
  });

  it('wait for a product that inventory has not heard of yet, rather than getting lost', async () => {
    const [sku] = await shelf.stocked(0);
    const [reference, unheard] = [randomUUID(), `S-${randomUUID()}`];
    const taken = shelf.takeBack(
      reference,
      [sku, unheard].map((each) => ({ sku: each, quantity: 2 })),
    );
    expect(await shelf.whyParked(reference)).toBe(`Inventory knows no product "${unheard}".`);

    await shelf.add([unheard]);
    await taken;
    expect(await shelf.counts(sku)).toEqual([2, 0, 2]);
    expect(await shelf.counts(unheard)).toEqual([2, 0, 2]);
  });

  it('find no place when they are not kept in stock; the others do', async () => {
    const [sku] = await shelf.stocked(0);
    await shelf.takeBack(randomUUID(), [
      { sku: 'POST', quantity: 1 },
      { sku, quantity: 1 },
    ]);
    expect(await shelf.counts(sku)).toEqual([1, 0, 1]);
    expect((await shelf.look('POST')).status).toBe(404);
  });

  it('fill the shelf as far as can be counted, and receipts and adjustments no further', async () => {
    const [sku] = await shelf.stocked(1);
    await shelf.takeBack(randomUUID(), [
      { sku, quantity: MOST_PIECES },
      { sku, quantity: MOST_PIECES },
    ]);
    expect(await shelf.counts(sku)).toEqual([MOST_PIECES, 0, MOST_PIECES]);
    expect((await shelf.receive(sku, 1)).status).toBe(422);
    expect((await shelf.adjust(sku, 1)).status).toBe(422);
    expect(await shelf.reserve(randomUUID(), [{ sku, quantity: MOST_PIECES }])).toBe('reserved');
    expect(await shelf.counts(sku)).toEqual([MOST_PIECES, MOST_PIECES, 0]);
  });
});
