import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineEvent } from './message.js';
import { opened } from './opened.js';
import { quickReader } from './quick-reader.js';

const leaf = z.strictObject({ n: z.int() });
const more = { n: 1, more: true };

describe('what was closed', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['an object', leaf, more],
    ['a list', z.array(leaf), [more]],
    ['a tuple', z.tuple([leaf], leaf), [more, more]],
    ['a record', z.record(z.string(), leaf), { any: more }],
    ['one of several', z.union([z.string(), leaf]), more],
    ['one that a property tells', z.discriminatedUnion('n', [z.strictObject({ n: z.literal(1) })]), more],
    ['what may be absent', z.strictObject({ part: leaf.optional() }), { part: more }],
    ['what may be null', leaf.nullable(), more],
    ['what has a default', leaf.default({ n: 2 }), more],
    ['what nobody may write to', leaf.readonly(), more],
    ['what is told later', z.lazy(() => leaf), more],
  ])('is open in %s, for nothing but more properties', (_what, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
    expect(opened(schema).parse(value)).toEqual(value);
    const wrong = JSON.parse(JSON.stringify(value).replaceAll('"n":1', '"n":"1"'));
    expect(opened(schema).safeParse(wrong).success).toBe(false);
  });

  it('is open all the way down in what holds itself', () => {
    const tree = z.strictObject({
      n: z.int(),
      get inner() {
        return z.array(tree);
      },
    });
    const value = { ...more, inner: [{ ...more, inner: [{ ...more, inner: [] }] }] };
    expect(opened(tree).parse(value)).toEqual(value);
    expect(opened(tree).safeParse({ n: 1, inner: [{ n: 'one', inner: [] }] }).success).toBe(false);
    // It would be without end, and zod can read it.
    expect(quickReader(tree)).toBeUndefined();
    expect(quickReader(opened(tree))).toBeUndefined();
  });

  it('must have been closed', () => {
    const open = () => defineEvent('till.sold.v1', 'id', z.object({ id: z.string() }));
    expect(open).toThrow(
      'till.sold.v1 is open: declare it with z.strictObject, so that a misspelt property is noticed.',
    );
  });

  it('is open below the top of a message, where a newer writer may have added something', () => {
    const sold = defineEvent('till.sold.v1', 'id', z.strictObject({ id: z.string(), lines: z.array(leaf) }));
    expect(sold.reading.safeParse({ id: 'a', lines: [more] }).success).toBe(true);
    expect(sold.schema.safeParse({ id: 'a', lines: [more] }).success).toBe(false);
  });
});
