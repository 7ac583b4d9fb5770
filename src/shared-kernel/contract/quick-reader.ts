import { z } from 'zod';

/** What a quick reader says of anything that it would not vouch for: it may be valid all the same. */
export const UNSURE = Symbol('unsure');

/** A copy of what is surely valid, the same as zod makes, or {@link UNSURE}. */
export type QuickReader = (value: unknown) => unknown;

/**
 * A reader of the plain parts of zod, several times as fast as `safeParse`, which costs more than all the rest of a call
 * within the process. Undefined for a schema with any part that is not known here for certain.
 */
export function quickReader(schema: z.core.$ZodType): QuickReader | undefined {
  if (underWay.has(schema)) return undefined;
  underWay.add(schema);
  try {
    return partsReader(schema);
  } finally {
    underWay.delete(schema);
  }
}

/** Those whose reader is being made: one that holds itself would be read without end. */
const underWay = new Set<z.core.$ZodType>();

function partsReader(schema: z.core.$ZodType): QuickReader | undefined {
  if (schema instanceof z.ZodArray) return arrayReader(schema);
  if (isSimple(schema, 'string')) return thatPasses('string', schema);
  if (isSimple(schema, 'number')) return thatPasses('number', schema);
  if (isSimple(schema, 'boolean')) return thatPasses('boolean', schema);
  if (isChecked(schema)) return undefined;
  if (schema instanceof z.ZodObject) return objectReader(schema);
  if (schema instanceof z.ZodNullable) return nullableReader(schema);
  if (schema instanceof z.ZodRecord) return isOfAnything(schema) ? readRecord : undefined;
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) return oneOf(schema._zod.values);
  return undefined;
}

/** Any schema may have checks, refinements among them. */
function isChecked(schema: z.core.$ZodType): boolean {
  return (schema._zod.def.checks?.length ?? 0) > 0;
}

const readers = new WeakMap<z.core.$ZodType, QuickReader>();
const unsure = () => UNSURE;

/** What `schema.safeParse` answers, and mostly several times as soon. */
export function readBy<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  const data = readerFor(schema)(value);
  return data === UNSURE ? schema.safeParse(value) : { success: true, data: data as z.output<Schema> };
}

/** Made when it is first needed, as a process has no use for most of the contracts that it knows. */
function readerFor(schema: z.core.$ZodType): QuickReader {
  const known = readers.get(schema);
  if (known) return known;
  const made = quickReader(schema) ?? unsure;
  readers.set(schema, made);
  return made;
}

interface Check {
  readonly check?: string;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly value?: number;
  readonly inclusive?: boolean;
  readonly when?: unknown;
}

type Passes = (value: never) => boolean;

/** Formats that are nothing but their pattern. */
const PATTERNS = new Set(['regex', 'uuid']);

/** Undefined for a check that is not known here. */
function passes({
  check,
  format,
  pattern,
  minimum = 0,
  maximum = 0,
  value: limit = 0,
  inclusive,
}: Check): Passes | undefined {
  switch (check) {
    case 'min_length':
      return ({ length }: { length: number }) => length >= minimum;
    case 'max_length':
      return ({ length }: { length: number }) => length <= maximum;
    case 'greater_than':
      return inclusive ? (value: number) => value >= limit : (value: number) => value > limit;
    case 'less_than':
      return inclusive ? (value: number) => value <= limit : (value: number) => value < limit;
    case 'number_format':
      return format === 'safeint' ? Number.isSafeInteger : undefined;
    case 'string_format':
      // One with a flag such as `g` remembers where it was.
      return format && PATTERNS.has(format) && pattern?.flags === ''
        ? (value: string) => pattern.test(value)
        : undefined;
    default:
      return undefined;
  }
}

/** All the checks of a schema; undefined when one of them is not known here. */
function allChecks(schema: z.core.$ZodType): readonly Passes[] | undefined {
  const own = schema._zod.def as Check & { checks?: z.core.$ZodCheck[] };
  const checks = [
    ...(own.check === undefined ? [] : [own]),
    ...(own.checks ?? []).map((each) => each._zod.def as Check),
  ];
  const known = checks.map(passes);
  return known.every((each) => each !== undefined) ? known : undefined;
}

function isSimple(schema: z.core.$ZodType, type: string): boolean {
  const { def } = schema._zod;
  return def.type === type && !('coerce' in def && def.coerce);
}

function thatPasses(type: 'string' | 'number' | 'boolean', schema: z.core.$ZodType): QuickReader | undefined {
  const checks = allChecks(schema);
  if (!checks) return undefined;
  return (value) => {
    if (typeof value !== type || (type === 'number' && !Number.isFinite(value))) return UNSURE;
    for (const isFine of checks) if (!isFine(value as never)) return UNSURE;
    return value;
  };
}

function oneOf(values: ReadonlySet<unknown> | undefined): QuickReader | undefined {
  return values && ((value) => (values.has(value) ? value : UNSURE));
}

function nullableReader({ def }: z.ZodNullable): QuickReader | undefined {
  const read = quickReader(def.innerType);
  return read && ((value) => (value === null ? null : read(value)));
}

function arrayReader(schema: z.ZodArray): QuickReader | undefined {
  const read = quickReader(schema.def.element);
  const checks = allChecks(schema);
  if (!read || !checks) return undefined;
  return (value) => {
    if (!Array.isArray(value)) return UNSURE;
    for (const isFine of checks) if (!isFine(value as never)) return UNSURE;
    const copy: unknown[] = new Array(value.length);
    for (let at = 0; at < value.length; at++) {
      const element = read(value[at]);
      if (element === UNSURE) return UNSURE;
      copy[at] = element;
    }
    return copy;
  };
}

function isOfAnything({ def: { keyType, valueType } }: z.ZodRecord): boolean {
  const isAnyKey = isSimple(keyType, 'string') && allChecks(keyType)?.length === 0;
  return isAnyKey && valueType instanceof z.ZodUnknown && !isChecked(valueType);
}

function readRecord(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return UNSURE;
  const copy: Record<string, unknown> = {};
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key !== 'string' || key === '__proto__') return UNSURE;
    copy[key] = (value as Record<string, unknown>)[key];
  }
  return copy;
}

/** What becomes of properties that a schema does not know. */
type Fate = 'refused' | 'kept' | 'dropped';

interface Part {
  readonly key: string;
  readonly read: QuickReader;
  readonly isOptional: boolean;
}

function objectReader({ def }: z.ZodObject): QuickReader | undefined {
  const { catchall, shape } = def;
  const unknown = fateOfUnknown(catchall);
  if (unknown === undefined) return undefined;
  const parts = Object.entries(shape).map(([key, part]) => partReader(key, part));
  return parts.every((part) => part !== undefined) ? readerOf(parts, unknown) : undefined;
}

function fateOfUnknown(catchall: z.core.$ZodType | undefined): Fate | undefined {
  if (catchall === undefined) return 'dropped';
  if (isChecked(catchall)) return undefined;
  if (catchall instanceof z.ZodUnknown) return 'kept';
  return catchall instanceof z.ZodNever ? 'refused' : undefined;
}

function partReader(key: string, part: z.core.$ZodType): Part | undefined {
  const isOptional = part instanceof z.ZodOptional && !isChecked(part);
  const read = quickReader(isOptional ? part.def.innerType : part);
  return read && key !== '__proto__' ? { key, read, isOptional } : undefined;
}

/**
 * Written out as a function of its own for every schema, as zod does it: only then does the engine know where each
 * property is. Undefined where a process may not make functions of text.
 */
function readerOf(parts: readonly Part[], fate: Fate): QuickReader | undefined {
  const name = parts.map(({ key }) => JSON.stringify(key));
  const lines = parts.map(({ isOptional }, at) =>
    isOptional
      ? // Absent is fine, but what is given as undefined is zod's affair.
        `let own${at}; if (given[${name[at]}] === undefined) { if (${name[at]} in given) return UNSURE; }
         else { own${at} = read[${at}](given[${name[at]}]); if (own${at} === UNSURE) return UNSURE; found++; }`
      : `const own${at} = read[${at}](given[${name[at]}]); if (own${at} === UNSURE) return UNSURE; found++;`,
  );
  const required = parts.flatMap(({ isOptional }, at) => (isOptional ? [] : [`${name[at]}: own${at}`]));
  const optional = parts.flatMap(({ isOptional }, at) =>
    isOptional ? [`if (own${at} !== undefined) copy[${name[at]}] = own${at};`] : [],
  );
  const isKnown = name.map((each) => `key === ${each}`).join(' || ') || 'false';
  const unknown = {
    refused: 'return UNSURE;',
    kept: `if (key === '__proto__') return UNSURE; copy[key] = given[key];`,
    dropped: '',
  }[fate];
  const body = `return (given) => {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return UNSURE;
    let found = 0;
    ${lines.join('\n    ')}
    const copy = { ${required.join(', ')} };
    ${optional.join('\n    ')}
    for (const key in given) {
      if (${isKnown}) found--;
      else { ${unknown} }
    }
    // What is inherited and not enumerable was found and is not met again.
    return found === 0 ? copy : UNSURE;
  }`;
  try {
    return new Function('read', 'UNSURE', body)(
      parts.map(({ read }) => read),
      UNSURE,
    );
  } catch {
    return undefined;
  }
}
