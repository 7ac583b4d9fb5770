import { z } from 'zod';

type Schema = z.core.$ZodType;

/** What zod knows of a schema, whatever its kind. */
interface Definition {
  readonly type: string;
  readonly coerce?: boolean;
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
  readonly check?: string;
  readonly shape?: Readonly<Record<string, Schema>>;
  readonly catchall?: Schema;
  readonly element?: Schema;
  readonly items?: readonly Schema[];
  readonly rest?: Schema | null;
  readonly keyType?: Schema;
  readonly valueType?: Schema;
  readonly mode?: string;
  readonly options?: readonly Schema[];
  readonly inclusive?: boolean;
  readonly discriminator?: string;
  readonly innerType?: Schema;
  readonly getter?: () => Schema;
}

interface Check {
  readonly check?: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly fn?: unknown;
  readonly hostname?: unknown;
  readonly protocol?: unknown;
  readonly normalize?: boolean;
  readonly alg?: unknown;
}

const LEAVES = new Set([
  'string',
  'number',
  'boolean',
  'null',
  'literal',
  'enum',
  'unknown',
  'any',
  'never',
  'template_literal',
]);

const CHECKS = new Set([
  'min_length',
  'max_length',
  'length_equals',
  'greater_than',
  'less_than',
  'multiple_of',
  'number_format',
  'string_format',
]);

/** What `meta({…})` may say without saying anything else than zod does; beside it only names of one's own, as `x-unit`. */
const NOTES = new Set(['id', 'title', 'description', 'examples', 'deprecated']);

/**
 * What a zod schema asks for and its JSON schema cannot say, or would say wrongly, each with its place: two versions that
 * differ in such a thing would look the same. What is not known here for certain counts as untold.
 */
export function untoldIn(schema: Schema, path = ''): string[] {
  return [...new Set(within({ schema, path, isProperty: false }, new Set()))];
}

interface Part {
  readonly schema: Schema;
  /** As `lines[].sku`. */
  readonly path: string;
  /** Only a property of an object can be absent. */
  readonly isProperty: boolean;
}

function within(part: Part, above: ReadonlySet<Schema>): string[] {
  const { schema, path, isProperty } = part;
  if (above.has(schema)) return [];
  const inside = new Set([...above, schema]);
  const definition = schema._zod.def as unknown as Definition;
  const untold = [...notesOf(schema), ...own(definition, isProperty)].map((what) => `${path || 'payload'}: ${what}`);
  return [...untold, ...partsOf(definition, part).flatMap((each) => within(each, inside))];
}

function notesOf(schema: Schema): string[] {
  const notes = Object.keys(z.globalRegistry.get(schema) ?? {});
  return notes
    .filter((note) => !NOTES.has(note) && !note.startsWith('x-'))
    .map((note) => `"${note}" in meta(…), which zod does not hold it to`);
}

function own(definition: Definition, isProperty: boolean): string[] {
  const { coerce, checks = [] } = definition;
  const itself = definition.check === undefined ? [] : [definition as Check];
  const unknown = [...itself, ...checks.map(({ _zod }) => _zod.def)].flatMap((check) => untoldCheck(check) ?? []);
  if (coerce) return ['a coercion; declare the type that travels', ...unknown];
  return [...(untoldType(definition, isProperty) ?? []), ...unknown];
}

function untoldType(definition: Definition, isProperty: boolean): string[] | undefined {
  const { type } = definition;
  if (LEAVES.has(type) || ['array', 'tuple', 'nullable', 'readonly', 'default', 'lazy'].includes(type))
    return undefined;
  switch (type) {
    case 'object':
      return definition.catchall?._zod.def.type === 'never' ? undefined : ['an open object; close it: z.strictObject'];
    case 'record':
      return definition.mode === 'loose' ? ['a loose record; write z.record'] : undefined;
    case 'union': {
      const isExclusive = definition.inclusive === false && definition.discriminator === undefined;
      return isExclusive ? ['z.xor, which a reader of more properties cannot decide; write z.union'] : undefined;
    }
    case 'optional':
      return isProperty ? undefined : ['what is optional and no property of an object'];
    case 'pipe':
    case 'transform':
      return ['a transform; a contract says what travels, and no more'];
    default:
      return [`z.${type}`];
  }
}

function untoldCheck({ check = '', format, pattern, fn, hostname, protocol, normalize, alg }: Check): string[] {
  if (check === 'custom') return ['a refinement'];
  if (check === 'overwrite') return ['a change of the value, as by trim()'];
  if (!CHECKS.has(check)) return [`the check "${check}"`];
  if (fn !== undefined) return [`the format "${format}", decided by a function`];
  if (format === 'regex' && pattern && pattern.flags !== '') return [`the flags of the pattern ${pattern}`];
  const isNarrowed = [hostname, protocol, normalize || undefined, alg].some((part) => part !== undefined);
  return isNarrowed ? [`the options of the format "${format}"`] : [];
}

/** The schemas that this one is made of. */
function partsOf(definition: Definition, { path, isProperty }: Part): Part[] {
  const { shape = {}, element, items = [], rest, keyType, valueType, options = [], innerType, getter } = definition;
  const one = (schema: Schema | null | undefined, at: string): Part[] =>
    schema ? [{ schema, path: at, isProperty: false }] : [];
  return [
    ...Object.entries(shape).map(([key, schema]) => ({
      schema,
      path: path ? `${path}.${key}` : key,
      isProperty: true,
    })),
    ...one(element, `${path}[]`),
    ...items.flatMap((item, n) => one(item, `${path}[${n}]`)),
    ...one(rest, `${path}[]`),
    ...one(keyType, `${path}{key}`),
    ...one(valueType, `${path}{}`),
    ...options.flatMap((option) => one(option, path)),
    ...one(innerType, path).map((part) => ({ ...part, isProperty })),
    ...one(getter?.(), path),
  ];
}
