import fc from 'fast-check';
import { z } from 'zod';
import type { Json } from './json.js';

/** As much of OpenAPI 3.0's JSON Schema as the shop's documents use. */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  enum?: Json[];
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
}

/** What exists in the shop, by the name of a property or parameter, else by the format that it is documented with. */
export type Known = Record<string, string[]>;

const checks = new Map<Schema, z.ZodType>();

/** What is wrong with a value by a schema, in sentences; nothing when it is right. */
export function faultsOf(schema: Schema, value: unknown): string[] {
  const check = checks.get(schema) ?? z.fromJSONSchema(schema as never, { defaultTarget: 'openapi-3.0' });
  checks.set(schema, check);
  const { error } = check.safeParse(value);
  return error ? error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`) : [];
}

/** Values that a schema allows, often at its bounds, often such as the shop knows. */
export function allowedBy(schema: Schema, known: Known, name = ''): fc.Arbitrary<Json> {
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((each) => allowedBy(each, known, name)));
  if (schema.enum) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'object':
      return objects(schema, known);
    case 'array':
      return arrays(schema, known, name);
    case 'string':
      return strings(schema, known, name);
    case 'integer':
      return integers(schema);
    case 'boolean':
      return fc.boolean();
    default:
      throw new Error(`There is no generator for ${JSON.stringify(schema)} yet: write one.`);
  }
}

function objects({ properties = {}, required = [] }: Schema, known: Known): fc.Arbitrary<Json> {
  const members = Object.entries(properties).map(([name, each]) => [name, allowedBy(each, known, name)] as const);
  return fc.record(Object.fromEntries(members), { requiredKeys: required });
}

/** A few items, or as many as are allowed: those are a few again and again, which is quicker to make and to shrink. */
function arrays({ items = {}, minItems = 0, maxItems = 10 }: Schema, known: Known, name: string): fc.Arbitrary<Json> {
  const few = fc.array(allowedBy(items, known, name), { minLength: minItems, maxLength: Math.min(maxItems, 3) });
  const many = few.map((some) => (some.length === 0 ? some : repeated(some, maxItems)));
  return fc.oneof({ weight: 9, arbitrary: few }, { weight: 1, arbitrary: many });
}

function repeated<Item>(items: Item[], length: number): Item[] {
  return Array.from({ length }, (_, at) => items[at % items.length] as Item);
}

function integers({ minimum = -1e9, maximum = 1e9 }: Schema): fc.Arbitrary<Json> {
  const bounds = fc.constantFrom(minimum, minimum + 1, maximum - 1, maximum);
  return fc.oneof(bounds, fc.integer({ min: Math.max(minimum, -9), max: Math.min(maximum, 9) }));
}

/** One, two, three and four bytes in UTF-8; what means something in a URL, in SQL, in LIKE, in HTML; right to left. */
const CHARACTERS = ['a', 'é', '漢', '😀', '%', '/', '?', '#', '\\', "'", '"', '_', ';', '<', '.', '+', ' x', '\u202e'];

function strings(schema: Schema, known: Known, name: string): fc.Arbitrary<string> {
  const { minLength = 0, maxLength = 300, pattern } = schema;
  const isAllowed = (text: string) => faultsOf(schema, text).length === 0;
  const atBounds = CHARACTERS.flatMap((character) => [
    repeated([...character], minLength).join(''),
    repeated([...character], maxLength).join(''),
  ]).filter(isAllowed);
  const existing = (known[name] ?? known[schema.format ?? ''] ?? []).filter(isAllowed);
  const length = { minLength, maxLength };
  const any = pattern ? fc.stringMatching(new RegExp(pattern, 'u')) : fc.string({ unit: 'grapheme', ...length });
  return fc.oneof(
    ...(existing.length > 0 ? [{ weight: 8, arbitrary: fc.constantFrom(...existing) }] : []),
    ...(atBounds.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...atBounds) }] : []),
    { weight: 1, arbitrary: any.filter(isAllowed) },
  );
}
