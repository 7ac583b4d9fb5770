import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { opened } from './opened.js';
import { quickReader, UNSURE } from './quick-reader.js';

const line = z.strictObject({ sku: z.string().min(1).max(4), quantity: z.int().positive() });
const order = z.strictObject({
  lines: z.array(line).min(1).max(2),
  kind: z.enum(['a', 'b']),
  note: z.string().regex(/^n/).optional(),
  paid: z.boolean().nullable(),
  weight: z.number().min(0).lt(10),
  id: z.uuid().optional(),
  version: z.literal(1),
});
const parcel = z.object({ line, about: z.record(z.string(), z.unknown()), note: z.string().optional() });
const SCHEMAS = [order, opened(order), line, opened(line), z.strictObject({}), parcel, parcel.shape.about];

const word = fc.constantFrom(
  '',
  'a',
  'b',
  'n',
  'no',
  'abcd',
  'abcde',
  '😀😀😀',
  '0198c5a4-0000-7000-8000-000000000001',
);
const number = fc.constantFrom(0, -0, 1, 1.5, 9.99, 10, -1, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY);
const anything = fc.oneof(word, number, fc.boolean(), fc.constantFrom(null, undefined, [], {}, new Date(0)));
const lineLike = fc.record(
  { sku: fc.oneof(word, anything), quantity: fc.oneof(number, anything) },
  { requiredKeys: [] },
);
const mostlyFine = fc.record(
  {
    lines: fc.oneof(fc.array(fc.oneof(lineLike, fc.constant({ sku: 'a', quantity: 1 })), { maxLength: 3 }), anything),
    kind: fc.constantFrom('a', 'b', 'c'),
    note: fc.constantFrom('n', 'x', undefined),
    paid: fc.constantFrom(true, null, 'true'),
    weight: number,
    id: word,
    version: fc.constantFrom(1, '1'),
    more: anything,
    toString: anything,
  },
  { requiredKeys: ['lines', 'kind', 'paid', 'weight', 'version'], noNullPrototype: false },
);
const fine = {
  lines: [{ sku: 'a', quantity: 1 }],
  kind: 'b',
  note: 'no',
  paid: null,
  weight: 0,
  id: '0198c5a4-0000-7000-8000-000000000001',
  version: 1,
};

const parcelLike = fc.record(
  {
    line: fc.oneof(lineLike, fc.constant({ sku: 'a', quantity: 1 })),
    about: fc.oneof(fc.object(), anything),
    note: word,
  },
  { requiredKeys: ['line', 'about'] },
);

describe('a quick reader', () => {
  it('vouches for nothing that zod would refuse, and makes the same copy', () => {
    const values = fc.oneof(mostlyFine, lineLike, parcelLike, anything, fc.object());
    fc.assert(
      fc.property(fc.constantFrom(...SCHEMAS), values, (schema, value) => {
        const quick = quickReader(schema)?.(value);
        if (quick === UNSURE) return;
        expect({ success: true, data: quick }).toStrictEqual(schema.safeParse(value));
      }),
      { numRuns: 20_000 },
    );
  });

  it('vouches for what is fine, in a copy', () => {
    for (const schema of [order, opened(order)]) {
      const copy = quickReader(schema)?.(fine) as typeof fine;
      expect(copy).toStrictEqual(fine);
      expect(copy).not.toBe(fine);
      expect(copy.lines[0]).not.toBe(fine.lines[0]);
    }
  });

  it.each([
    ['a transform', z.string().transform((text) => text.length)],
    ['a refinement', z.string().refine(() => false)],
    ['a change of the text', z.string().trim()],
    ['another format', z.url()],
    ['a default', z.string().default('x')],
    ['coercion', z.coerce.number()],
    ['a pattern that remembers', z.string().regex(/a/g)],
    ['a refinement of named values', z.enum(['a']).refine(() => false)],
    ['a refinement of a literal', z.literal('a').refine(() => false)],
    [
      'a refinement of what may be null',
      z
        .string()
        .nullable()
        .refine(() => false),
    ],
    [
      'a refinement of what may be absent',
      z
        .string()
        .optional()
        .refine(() => false),
    ],
    ['a refinement of a record', z.record(z.string(), z.unknown()).refine(() => false)],
    [
      'a refinement of what is in a record',
      z.record(
        z.string(),
        z.unknown().refine(() => false),
      ),
    ],
    ['a refinement inside', z.array(z.enum(['a']).refine(() => false))],
  ])('does not pretend to know %s', (_what, part) => {
    expect(quickReader(z.strictObject({ part }))).toBeUndefined();
  });

  it('does not pretend to know a refined object, or a record of something', () => {
    expect(quickReader(line.refine(() => false))).toBeUndefined();
    expect(quickReader(line.catchall(z.unknown().refine(() => false)))).toBeUndefined();
    expect(quickReader(line.catchall(z.never().refine(() => false)))).toBeUndefined();
    expect(quickReader(z.record(z.string(), z.string()))).toBeUndefined();
    expect(quickReader(z.record(z.string().min(2), z.unknown()))).toBeUndefined();
  });

  it('leaves a property that is inherited, or named __proto__, to zod', () => {
    expect(quickReader(line)?.(Object.create({ sku: 'a', quantity: 1 }, {}))).toStrictEqual({ sku: 'a', quantity: 1 });
    expect(quickReader(opened(line))?.(JSON.parse('{"sku":"a","quantity":1,"__proto__":{}}'))).toBe(UNSURE);
  });
});
