import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { opened } from '#kernel/contract/opened';
import type { JsonSchema } from '../../system/read-contracts.js';
import { compare } from './compare.js';
import { type Tree, trees } from './testing/trees.js';

const json = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { target: 'draft-2020-12', io: 'input' }) as JsonSchema;

/** What a writer that is held to the closed schema puts on the wire. */
const wire = (schema: z.ZodType, value: unknown): unknown => JSON.parse(JSON.stringify(schema.parse(value)));

/** Whether nothing of what was written is lost or changed for the reader; defaults may have come to it. */
function holds(read: unknown, written: unknown): boolean {
  if (Array.isArray(written))
    return Array.isArray(read) && read.length === written.length && written.every((part, n) => holds(read[n], part));
  if (typeof written !== 'object' || written === null) return Object.is(read, written);
  const parts = read as Record<string, unknown>;
  return Object.entries(written).every(([name, part]) => Object.hasOwn(parts, name) && holds(parts[name], part));
}

/** Lets a writer of one version speak to a reader of the other. */
function understands(reader: Tree, writer: Tree): fc.IProperty<[unknown]> {
  const open = opened(reader.zod());
  const closed = writer.zod();
  return fc.property(writer.values(), (value) => {
    const written = wire(closed, value);
    const read = open.safeParse(written);
    if (!read.success) throw new Error(`refused: ${JSON.stringify(written)}: ${read.error.message}`);
    if (!holds(read.data, written))
      throw new Error(`changed: ${JSON.stringify(written)} to ${JSON.stringify(read.data)}`);
  });
}

function mustUnderstandEachOther(one: Tree, other: Tree): void {
  fc.assert(understands(one, other), { numRuns: 6 });
  fc.assert(understands(other, one), { numRuns: 6 });
}

describe('what is called compatible', () => {
  it('lets old and new programs read each other, for a schema and a change of it', () => {
    let compatible = 0;
    fc.assert(
      fc.property(trees.objects, fc.nat(), fc.nat(), (before, first, second) => {
        const once = before.changed(first);
        const after = second % 3 === 0 ? once.changed(second) : once;
        if (compare(json(before.zod()), json(after.zod())).length > 0) return;
        compatible++;
        mustUnderstandEachOther(before, after);
      }),
      { numRuns: 400 },
    );
    expect(compatible).toBeGreaterThan(100);
  });

  it('lets them read each other, for any two schemas', () => {
    let compatible = 0;
    fc.assert(
      fc.property(trees.tinyObjects, trees.tinyObjects, (before, after) => {
        if (compare(json(before.zod()), json(after.zod())).length > 0) return;
        compatible++;
        mustUnderstandEachOther(before, after);
      }),
      { numRuns: 800 },
    );
    expect(compatible).toBeGreaterThan(50);
  });

  it('is every optional property that is added, however deep, and nothing else', () => {
    fc.assert(
      fc.property(trees.objects, (before) => {
        const released = json(before.zod());
        for (const { kind, tree } of before.changes()) {
          const current = json(tree.zod());
          // As where null may be null.
          if (isDeepStrictEqual(current, released)) continue;
          const breaks = compare(released, current);
          expect({ kind, breaks: breaks.length > 0 }).toEqual({ kind, breaks: kind !== 'adds an optional property' });
        }
      }),
      { numRuns: 40 },
    );
  });

  it('is what says the same in other words', () => {
    fc.assert(
      fc.property(trees.objects, (tree) => {
        const schema = json(tree.zod());
        expect(compare(schema, schema)).toEqual([]);
        expect(compare(schema, saidDifferently(schema) as JsonSchema)).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  it('is nothing in which a keyword stands that is not known', () => {
    fc.assert(
      fc.property(trees.objects, fc.nat(), fc.boolean(), (tree, place, inReleased) => {
        const schema = json(tree.zod());
        const strange = structuredClone(schema) as JsonSchema;
        const places = schemasIn(strange);
        Object.assign(places[place % places.length] as object, { uniqueItems: true });
        const breaks = inReleased ? compare(strange, schema) : compare(schema, strange);
        expect(breaks).toContainEqual(expect.objectContaining({ what: 'the keyword "uniqueItems"' }));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a break', () => {
  const line = z.strictObject({ sku: z.string().max(40), quantity: z.int() });
  const before = z.strictObject({ id: z.uuid(), lines: z.array(line), note: z.string().optional() });
  const told = (after: z.ZodType, from: z.ZodType = before) =>
    compare(json(from), json(after)).map(({ path, what }) => `${path} ${what}`);

  it('says where it is, what was and what is', () => {
    const lines = z.array(line.extend({ sku: z.string().max(50), unit: z.string() }));
    expect(told(z.strictObject({ id: z.uuid().nullable(), lines, note: z.string() }))).toEqual([
      'id string (uuid) → string (uuid) or null',
      'lines[].sku maxLength 40 → 50',
      'lines[].unit is new and required',
      'note optional → required',
    ]);
    expect(told(before.omit({ note: true }))).toEqual(['note is gone']);
  });

  it.each<[string, z.ZodType, z.ZodType, string]>([
    ['a unit', z.int().meta({ 'x-unit': 'g' }), z.int().meta({ 'x-unit': 'kg' }), 'a x-unit "g" → "kg"'],
    ['a default', z.int().default(1), z.int().default(2), 'a default 1 → 2'],
    ['what a key may be', z.record(z.enum(['x', 'y']), z.int()), z.record(z.enum(['x', 'z']), z.int()), 'a{key} enum'],
    ['a tuple', z.tuple([z.int()]), z.tuple([z.int(), z.string()]), 'a prefixItems of 1 → of 2'],
    ['the rest of a tuple', z.tuple([z.int()]), z.tuple([z.int()], z.string()), 'a[] false → a schema'],
    [
      'alternatives',
      z.union([line, z.string()]),
      z.union([line, z.string(), z.null()]),
      'a object or string → object or string or null',
    ],
    ['two patterns', z.string().regex(/a/).regex(/b/), z.string().regex(/a/).regex(/c/), 'a allOf'],
    ['a record', z.record(z.string(), z.int()), z.strictObject({}), 'a{} a schema → false'],
    ['whole numbers', z.number(), z.int(), 'a number → integer'],
    ['an enumeration', z.enum(['x', 'y']), z.enum(['x']), 'a enum ["x","y"] → ["x"]'],
  ])('is a change of %s', (_what, one, other, expected) => {
    const breaks = told(z.strictObject({ a: other }), z.strictObject({ a: one }));
    expect(breaks).toContainEqual(expect.stringContaining(expected));
  });

  it('is found in a schema that holds itself, which is compared to its end', () => {
    const tree = (leaf: z.ZodType, more = {}) => {
      const node: z.ZodObject = z.strictObject({
        leaf,
        ...more,
        get children() {
          return z.array(node);
        },
      });
      return z.strictObject({ root: node });
    };
    const without = tree(z.string());
    expect(told(tree(z.string()), without)).toEqual([]);
    expect(told(tree(z.string(), { colour: z.string().optional() }), without)).toEqual([]);
    expect(told(tree(z.int()), without)).not.toEqual([]);
    expect(told(tree(z.string(), { colour: z.string() }), without)).toEqual(['root.colour is new and required']);
  });

  it('is not in what a schema is called where others refer to it', () => {
    const named = (id: string, amount: z.ZodType) => {
      const money = z.strictObject({ amount }).meta({ id });
      return z.strictObject({ net: money, gross: money.optional() });
    };
    expect(told(named('compared-amount', z.string()), named('compared-money', z.string()))).toEqual([]);
    expect(told(named('compared-float', z.number()), named('compared-text', z.string()))).toEqual([
      'net.amount string → number',
    ]);
  });

  it.each<[string, JsonSchema]>([
    ['an open object', { type: 'object', properties: {} }],
    ['names of its own and others', { type: 'object', properties: { a: {} }, additionalProperties: {} }],
    ['alternatives that exclude each other', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
    ['all of several schemas', { allOf: [{ type: 'string' }, { minLength: 3 }] }],
    ['a reference to elsewhere', { $ref: 'https://example.com/schema' }],
    ['a reference to itself alone', { $ref: '#' }],
    ['a reference beside other rules', { $ref: '#/$defs/a', minLength: 1, $defs: { a: { type: 'string' } } }],
    ['what is no schema', { items: 'string' }],
  ])('is %s, even where nothing has changed', (_what, schema) => {
    expect(compare(schema, schema)).not.toEqual([]);
  });
});

/** The same with its properties, its sets and its keywords in another order, and with notes in it. */
function saidDifferently(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(saidDifferently);
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part).map(([keyword, value]): [string, unknown] => {
    if (['required', 'enum'].includes(keyword) && Array.isArray(value)) return [keyword, value.toReversed()];
    if (keyword === 'default' || keyword === 'const') return [keyword, value];
    if (keyword === 'properties')
      return [
        keyword,
        Object.fromEntries(
          Object.entries(value)
            .map(([n, v]) => [n, saidDifferently(v)])
            .toReversed(),
        ),
      ];
    return [keyword, saidDifferently(value)];
  });
  const isSchema = 'type' in part || 'anyOf' in part || 'oneOf' in part;
  return Object.fromEntries([...entries.toReversed(), ...(isSchema ? [['description', 'In other words.']] : [])]);
}

/** A schema and all that stand in it. */
function schemasIn(schema: JsonSchema): JsonSchema[] {
  const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [], prefixItems = [] } = schema;
  const parts = [...Object.values(properties as object), items, additionalProperties, anyOf, oneOf, prefixItems].flat();
  return [schema, ...parts.filter((part) => typeof part === 'object').flatMap((part) => schemasIn(part as JsonSchema))];
}
