import type { JsonSchema } from '../../system/read-contracts.js';

/** Say something to people, and nothing about which values are allowed. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  '$comment',
  'title',
  'description',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]);

/** Compared as they are. `x-unit` names what is counted, as grams or pence: a meaning that no type can hold. */
const PLAIN = [
  'type',
  'const',
  'enum',
  'format',
  'pattern',
  'contentEncoding',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'required',
  'default',
  'x-unit',
] as const;

/** Hold other schemas: by name, in order, or one. */
const OF_NAMES = ['properties', '$defs'] as const;
const OF_LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const;
const OF_ONE = ['items', 'additionalProperties', 'propertyNames'] as const;

const KNOWN: ReadonlySet<string> = new Set([...ANNOTATIONS, ...PLAIN, ...OF_NAMES, ...OF_LISTS, ...OF_ONE, '$ref']);

/** A part of a schema that the rules of compatibility do not cover. */
export interface Strange {
  /** As `lines[].sku`. */
  readonly path: string;
  readonly what: string;
}

/** Nothing is compatible with what is not understood: whatever zod does not write, or only beside other rules, is told. */
export function strangeIn(schema: JsonSchema): Strange[] {
  return [...new Map(within(schema, schema, '').map((strange) => [JSON.stringify(strange), strange])).values()];
}

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isAnnotation(keyword: string): boolean {
  return ANNOTATIONS.has(keyword);
}

/**
 * What must be the same in two schemas of one type, as text: of sets in one order, and of two ways to write one thing the
 * same.
 */
export function plainlySays(schema: JsonSchema): Map<string, string> {
  const said = new Map<string, string>();
  for (const keyword of PLAIN) if (keyword in schema) said.set(keyword, canonical(schema[keyword]));
  for (const keyword of ['type', 'const', 'required']) said.delete(keyword);
  if ('const' in schema) said.set('enum', canonical([schema.const]));
  if (Array.isArray(schema.enum)) said.set('enum', canonical(schema.enum.toSorted(byText)));
  if (Array.isArray(schema.allOf)) said.set('allOf', canonical(schema.allOf.toSorted(byText)));
  return said;
}

/** JSON with the names of every object in order. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isSchema(part) ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1))) : part,
  );
}

function byText(one: unknown, other: unknown): number {
  return canonical(one) < canonical(other) ? -1 : 1;
}

function within(root: JsonSchema, schema: JsonSchema, path: string): Strange[] {
  const here = (what: string): Strange => ({ path: path || 'payload', what });
  const unknown = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  return [
    ...unknown.map((keyword) => here(`the keyword "${keyword}"`)),
    ...oddities(root, schema).map(here),
    ...OF_NAMES.flatMap((keyword) => {
      const named = schema[keyword];
      if (named === undefined) return [];
      if (!isSchema(named)) return here(`"${keyword}" that names no schemas`);
      const place = (name: string) => (keyword === '$defs' ? `$defs.${name}` : path ? `${path}.${name}` : name);
      return Object.entries(named).flatMap(([name, part]) => one(root, part, place(name)));
    }),
    ...OF_LISTS.flatMap((keyword) => {
      const list = schema[keyword];
      if (list === undefined) return [];
      if (!Array.isArray(list)) return here(`"${keyword}" that lists no schemas`);
      return list.flatMap((part, n) => one(root, part, keyword === 'prefixItems' ? `${path}[${n}]` : path));
    }),
    ...OF_ONE.flatMap((keyword) => {
      const part = schema[keyword];
      const isEnd = part === undefined || (part === false && keyword !== 'propertyNames');
      return isEnd ? [] : one(root, part, `${path}${PLACES[keyword]}`);
    }),
  ];
}

const PLACES = { items: '[]', additionalProperties: '{}', propertyNames: '{key}' };

function one(root: JsonSchema, part: unknown, path: string): Strange[] {
  return isSchema(part) ? within(root, part, path) : [{ path: path || 'payload', what: 'what is no schema' }];
}

function oddities(root: JsonSchema, schema: JsonSchema): string[] {
  const { allOf, oneOf } = schema;
  return [
    ...(isOpen(schema) ? ['an object that is not closed'] : []),
    ...(isSchema(schema.additionalProperties) && Object.keys(schema.properties ?? {}).length > 0
      ? ['an object with names of its own and any others']
      : []),
    ...(Array.isArray(allOf) && !allOf.every(isPattern) ? ['"allOf" with more than patterns'] : []),
    ...(Array.isArray(oneOf) && !isToldApart(root, oneOf) ? ['"oneOf" without a property that tells which one'] : []),
    ...refOddities(root, schema),
  ];
}

function isOpen({ type, properties, additionalProperties }: JsonSchema): boolean {
  const holdsObjects = [type].flat().includes('object') || properties !== undefined;
  return holdsObjects && (additionalProperties === undefined || additionalProperties === true);
}

function isPattern(part: unknown): boolean {
  return (
    isSchema(part) && 'pattern' in part && Object.keys(part).every((keyword) => ['pattern', 'type'].includes(keyword))
  );
}

function refOddities(root: JsonSchema, schema: JsonSchema): string[] {
  if (!('$ref' in schema)) return [];
  if (Object.keys(schema).some((keyword) => keyword !== '$ref' && !ANNOTATIONS.has(keyword) && keyword !== '$defs'))
    return ['"$ref" beside other keywords'];
  return dereferenced(root, schema) ? [] : [`"$ref" that leads to no schema: ${canonical(schema.$ref)}`];
}

/** The schema that a `$ref` means, or the schema itself; undefined where it leads nowhere or in a circle. */
export function dereferenced(root: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  let at: JsonSchema = schema;
  for (let steps = 0; '$ref' in at; steps++) {
    const target = steps < 100 ? pointed(root, at.$ref) : undefined;
    if (!isSchema(target)) return undefined;
    at = target;
  }
  return at;
}

function pointed(root: JsonSchema, ref: unknown): unknown {
  if (typeof ref !== 'string' || !/^#(?:\/|$)/.test(ref)) return undefined;
  let at: unknown = root;
  for (const step of ref.split('/').slice(1)) {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    at = isSchema(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

/** Whether all are objects that require one property, each with values of its own there: then an added one decides nothing. */
function isToldApart(root: JsonSchema, options: readonly unknown[]): boolean {
  const objects = options.map((option) => (isSchema(option) ? dereferenced(root, option) : undefined));
  const [first] = objects;
  return Object.keys(first?.properties ?? {}).some((name) => {
    const values = objects.flatMap((object) => valuesAt(root, object, name) ?? [undefined]);
    return !values.includes(undefined) && new Set(values).size === values.length;
  });
}

/** As text, what a required property may be; undefined where that is no list. */
function valuesAt(root: JsonSchema, object: JsonSchema | undefined, name: string): string[] | undefined {
  const { properties, required } = object ?? {};
  const part =
    isSchema(properties) && Array.isArray(required) && required.includes(name) ? properties[name] : undefined;
  const property = isSchema(part) ? dereferenced(root, part) : undefined;
  if (property === undefined) return undefined;
  if ('const' in property) return [canonical(property.const)];
  return Array.isArray(property.enum) ? property.enum.map(canonical) : undefined;
}
