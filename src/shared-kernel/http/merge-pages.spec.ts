import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mergePages, type PageOfApp } from './merge-pages.js';

interface Row {
  readonly at: string;
  readonly module: string;
  readonly row: number;
}

const MODULES = ['a', 'b', 'c', 'd'];
const APPS = [['a', 'c'], ['b'], ['d']];

/** Few instants, so that many rows share one. */
const rows = fc.uniqueArray(
  fc.record({
    at: fc.constantFrom('2026-01-01T00:00:00.000001Z', '2026-01-01T00:00:00.000002Z', '2026-01-01T00:00:00.000003Z'),
    module: fc.constantFrom(...MODULES),
    row: fc.integer({ min: 1, max: 30 }),
  }),
  { selector: (row) => JSON.stringify(row), maxLength: 60 },
);

/** As the list of one app is read: newest first, of one instant by module, the later row first. */
function pageOf(app: readonly Row[], after: string | undefined, limit: number): PageOfApp {
  const place = after === undefined ? undefined : JSON.parse(Buffer.from(after, 'base64url').toString());
  const rest = app.filter((row) => place === undefined || compare(row, { ...place, row: Number(place.row) }) > 0);
  const page = rest.sort(compare).slice(0, limit);
  const last = page.at(-1);
  const token = last && Buffer.from(JSON.stringify({ ...last, row: String(last.row) })).toString('base64url');
  return {
    items: page.map(({ at, module, row }) => ({ subscriber: module, diedAt: at, row })),
    next: rest.length > limit ? (token as string) : null,
  };
}

function compare(one: Row, other: Row): number {
  if (one.at !== other.at) return one.at > other.at ? -1 : 1;
  if (one.module !== other.module) return one.module < other.module ? -1 : 1;
  return other.row - one.row;
}

describe('pages of several apps', () => {
  it('show every message once, in order, and no page is too long or empty', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 12 }), (all, limit) => {
        const apps = APPS.map((modules) => all.filter(({ module }) => modules.includes(module)));
        const seen: Row[] = [];
        for (let after: string | undefined; ; ) {
          const pages = apps.map((app) => pageOf(app, after, limit));
          const { items, next } = mergePages(pages, 'diedAt', limit);
          seen.push(...items.map((item) => ({ at: item.diedAt, module: item.subscriber, row: item.row }) as Row));
          expect(items.length).toBeLessThanOrEqual(limit);
          if (next === null) break;
          expect(items.length).toBeGreaterThan(0);
          after = next;
        }
        expect(seen).toEqual([...all].sort(compare));
      }),
      { numRuns: 500 },
    );
  });
});
