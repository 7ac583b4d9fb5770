import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MOST_READ, PAGE_BYTES, PAGE_ROWS, PageSize } from './page.js';

type Found = [id: string, envelope: string | null];

/** As the server answers it: an id is a text, and an envelope that was left out is null. */
const found = (id: number, bytes: number | null): Found => [`${id}`, bytes === null ? null : 'x'.repeat(bytes)];
const foundAll = (...sizes: (number | null)[]): Found[] => sizes.map((bytes, n) => found(n + 1, bytes));
const ids = (rows: readonly { id: number }[]) => rows.map(({ id }) => id);
const bytesIn = (rows: readonly { envelope: string }[]) =>
  rows.reduce((sum, { envelope }) => sum + Buffer.byteLength(envelope), 0);

const HALF = PAGE_BYTES / 2;

describe('the rows of a page', () => {
  it('are those that fit, counted in bytes', () => {
    expect(ids(new PageSize().cut(foundAll(HALF, HALF, 1), 0))).toEqual([1, 2]);
    expect(ids(new PageSize().cut(foundAll(HALF, HALF + 1), 0))).toEqual([1]);
    const twoBytes: Found[] = [1, 2, 3].map((id) => [`${id}`, 'é'.repeat(HALF / 2)]);
    expect(ids(new PageSize().cut(twoBytes, 0))).toEqual([1, 2]);
  });

  it('are as they were found, with a number for an id', () => {
    const envelope = '{"data" : "é"}';
    expect(new PageSize().cut([[`${2 ** 33}`, envelope]], 0)).toEqual([{ id: 2 ** 33, envelope }]);
  });

  it('are one at least, however large', () => {
    expect(ids(new PageSize().cut(foundAll(3 * PAGE_BYTES, 1), 0))).toEqual([1]);
    expect(ids(new PageSize().cut(foundAll(1, 3 * PAGE_BYTES), 0))).toEqual([1]);
  });

  it('end before one that was left out', () => {
    expect(ids(new PageSize().cut(foundAll(10, 10, null, 10), 0))).toEqual([1, 2]);
  });

  it('begin after what else was answered', () => {
    const size = new PageSize();
    const said: Found = ['', '{}'];
    expect(ids(size.cut([said, ...foundAll(10, 10)], 1))).toEqual([1, 2]);
    expect(size.cut([said, found(1, null)], 1)).toEqual([]);
    expect(size.limit).toBe(1);
  });

  it('are the first of those found, in their order, and no more than a page holds unless it is one', () => {
    const size = fc.oneof(
      { weight: 6, arbitrary: fc.nat(2_000) },
      { weight: 3, arbitrary: fc.integer({ min: PAGE_BYTES / 8, max: PAGE_BYTES }) },
      { weight: 1, arbitrary: fc.constantFrom(HALF, PAGE_BYTES - 1, PAGE_BYTES, PAGE_BYTES + 1, 2 * PAGE_BYTES) },
      { weight: 2, arbitrary: fc.constant(null) },
    );
    fc.assert(
      fc.property(
        fc.array(size, { maxLength: 40, size: 'max' }),
        fc.nat(3),
        fc.nat(PAGE_ROWS),
        (sizes, first, most) => {
          const page = new PageSize(most + 1);
          const rows = page.cut([...foundAll(...new Array<null>(first).fill(null)), ...foundAll(...sizes)], first);
          expect(ids(rows)).toEqual(rows.map((_, n) => n + 1));
          expect(rows.map(({ envelope }) => envelope.length)).toEqual(sizes.slice(0, rows.length));
          expect(rows.length <= 1 || bytesIn(rows) <= PAGE_BYTES).toBe(true);
          // Not one fewer than could be.
          const next = sizes[rows.length];
          const isFull = rows.length > 0 && typeof next === 'number' && bytesIn(rows) + next > PAGE_BYTES;
          expect(next === undefined || next === null || isFull).toBe(true);
          expect(page.limit).toBeGreaterThanOrEqual(1);
          expect(page.limit).toBeLessThanOrEqual(most + 1);
        },
      ),
    );
  });
});

describe('how many are asked for', () => {
  it('is as many as there may be, at first and as long as nothing came', () => {
    expect(new PageSize().limit).toBe(PAGE_ROWS);
    const size = new PageSize(7);
    size.cut([['', '{}']], 1);
    expect(size.limit).toBe(7);
  });

  it('is as many as fit of the size that they had', () => {
    const size = new PageSize();
    size.cut(foundAll(PAGE_BYTES / 4, PAGE_BYTES / 16, PAGE_BYTES / 16), 0);
    expect(size.limit).toBe(8);
    size.cut(foundAll(PAGE_BYTES / 10 + 1), 0);
    expect(size.limit).toBe(9);
  });

  it('follows what was taken, and not what was let go', () => {
    const size = new PageSize();
    size.cut(foundAll(HALF, HALF, 1, 1, 1), 0);
    expect(size.limit).toBe(2);
  });

  it('is one after one that fills a page, and after one that was left out', () => {
    for (const bytes of [PAGE_BYTES, HALF + 1, 9 * PAGE_BYTES, null]) {
      const size = new PageSize();
      size.cut(foundAll(bytes), 0);
      expect({ bytes, limit: size.limit }).toEqual({ bytes, limit: 1 });
    }
  });

  it('is as many as there may be once more when small ones follow large ones', () => {
    const size = new PageSize(100);
    size.cut(foundAll(null), 0);
    size.cut(foundAll(PAGE_BYTES), 0);
    expect(size.limit).toBe(1);
    size.cut(foundAll(20), 0);
    expect(size.limit).toBe(100);
    size.cut(foundAll(0), 0);
    expect(size.limit).toBe(100);
  });

  it('brings an outbox to its end, in few readings for each large one', () => {
    const size = fc.oneof(
      { weight: 5, arbitrary: fc.nat(500) },
      { weight: 1, arbitrary: fc.integer({ min: 33_000, max: 34_000 }) },
      { weight: 1, arbitrary: fc.constantFrom(HALF, PAGE_BYTES, 2 * PAGE_BYTES) },
    );
    fc.assert(
      fc.property(fc.array(size, { maxLength: 60, size: 'max' }), (sizes) => {
        const page = new PageSize();
        const outbox = sizes.map((bytes, n) => found(n, bytes));
        const read: number[] = [];
        let times = 0;
        while (read.length < outbox.length) {
          const { limit } = page;
          const answers = outbox
            .slice(read.length, read.length + limit)
            .map(
              ([id, envelope]): Found => [
                id,
                limit > 1 && (envelope?.length ?? 0) > MOST_READ / limit ? null : envelope,
              ],
            );
          read.push(...ids(page.cut(answers, 0)));
          if (++times > 4 * sizes.length + 1) break;
        }
        expect(read).toEqual(sizes.map((_, n) => n));
        const large = sizes.filter((bytes) => bytes > PAGE_BYTES / PAGE_ROWS).length;
        expect(times).toBeLessThanOrEqual(4 * large + 1);
      }),
    );
  });
});
