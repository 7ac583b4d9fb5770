import type { JsonSchema } from '../../system/read-contracts.js';
import { dereferenced, isSchema, plainlySays, strangeIn } from './keywords.js';

/** A difference by which readers and writers of two versions of a message no longer understand each other. */
export interface Break {
  /** As `lines[].sku`. */
  readonly path: string;
  /** What was, and what is. */
  readonly what: string;
  /** Whom it breaks. */
  readonly why: string;
}

/**
 * Whether programs that know one of two closed schemas and programs that know the other can go on writing to each other,
 * in both directions: readers pass over properties that they do not know, and everything else must be the same. So an
 * optional property may be added, at any depth, and that is all.
 */
export function compare(released: JsonSchema, current: JsonSchema): Break[] {
  const strange = [released, current].flatMap(strangeIn);
  if (strange.length > 0) return strange.map((each) => ({ ...each, why: UNKNOWN }));
  return new Comparison(released, current).breaks();
}

const UNKNOWN = 'what no rule is known for cannot be promised to stay compatible';
const EITHER = 'one of the two would refuse, or read as something else, what the other one sends';
const REMOVED = 'its readers would no longer be told, and its name stays reserved';
const REQUIRED = 'messages of the released version lack it';
const LESS_REQUIRED = 'readers of the released version cannot do without it';
const MORE_REQUIRED = 'writers of the released version may leave it out';

class Comparison {
  private readonly found: Break[] = [];
  /** Pairs that are being compared, or have been: a schema may hold itself. */
  private readonly compared = new Map<JsonSchema, Set<JsonSchema>>();

  constructor(
    private readonly released: JsonSchema,
    private readonly current: JsonSchema,
  ) {}

  breaks(): Break[] {
    this.both(this.released, this.current, '');
    return this.found;
  }

  private both(one: unknown, other: unknown, path: string): void {
    const before = isSchema(one) ? dereferenced(this.released, one) : undefined;
    const after = isSchema(other) ? dereferenced(this.current, other) : undefined;
    if (before === undefined || after === undefined) {
      if (one !== other) this.tell(path, `${written(one)} → ${written(other)}`, EITHER);
      return;
    }
    const known = this.compared.get(before) ?? new Set();
    if (known.has(after)) return;
    this.compared.set(before, known.add(after));
    if (kindOf(before) !== kindOf(after)) {
      // Whatever else differs follows from that.
      this.tell(path, `${inWords(before)} → ${inWords(after)}`, EITHER);
      return;
    }
    this.plain(before, after, path);
    this.properties(before, after, path);
    this.lists(before, after, path);
    this.both(before.items, after.items, `${path}[]`);
    this.both(before.propertyNames, after.propertyNames, `${path}{key}`);
    this.both(before.additionalProperties, after.additionalProperties, `${path}{}`);
  }

  private plain(before: JsonSchema, after: JsonSchema, path: string): void {
    const was = plainlySays(before);
    const is = plainlySays(after);
    for (const keyword of new Set([...was.keys(), ...is.keys()])) {
      if (was.get(keyword) === is.get(keyword)) continue;
      this.tell(path, `${keyword} ${was.get(keyword) ?? 'none'} → ${is.get(keyword) ?? 'none'}`, EITHER);
    }
  }

  private properties(before: JsonSchema, after: JsonSchema, path: string): void {
    const were = namesIn(before.properties);
    const are = namesIn(after.properties);
    const at = (name: string) => (path ? `${path}.${name}` : name);
    for (const name of were) {
      if (are.includes(name)) this.both(ofName(before, name), ofName(after, name), at(name));
      else this.tell(at(name), 'is gone', REMOVED);
    }
    const added = are.filter((name) => !were.includes(name));
    const required = requiredIn(after);
    for (const name of added) if (required.includes(name)) this.tell(at(name), 'is new and required', REQUIRED);
    this.required(before, after, at, [...added, ...were.filter((name) => !are.includes(name))]);
  }

  private required(before: JsonSchema, after: JsonSchema, at: (name: string) => string, told: readonly string[]): void {
    const was = requiredIn(before);
    const is = requiredIn(after);
    for (const name of new Set([...was, ...is])) {
      if (told.includes(name) || was.includes(name) === is.includes(name)) continue;
      if (was.includes(name)) this.tell(at(name), 'required → optional', LESS_REQUIRED);
      else this.tell(at(name), 'optional → required', MORE_REQUIRED);
    }
  }

  /** Alternatives and tuples, one by one in their order. */
  private lists(before: JsonSchema, after: JsonSchema, path: string): void {
    for (const keyword of ['anyOf', 'oneOf', 'prefixItems'] as const) {
      const were = listOf(before[keyword]);
      const are = listOf(after[keyword]);
      if (were.length !== are.length) {
        this.tell(path, `${keyword} of ${were.length} → of ${are.length}`, EITHER);
        continue;
      }
      for (const [n, part] of were.entries())
        this.both(part, are[n], keyword === 'prefixItems' ? `${path}[${n}]` : path);
    }
  }

  private tell(path: string, what: string, why: string): void {
    this.found.push({ path: path || 'payload', what, why });
  }
}

/** Its types, and how many alternatives it has. */
function kindOf({ type = [], anyOf, oneOf }: JsonSchema): string {
  return [[type].flat().toSorted().join(), listOf(anyOf).length, listOf(oneOf).length].join(' ');
}

function inWords(schema: JsonSchema): string {
  const { type, format, anyOf, oneOf } = schema;
  const options = [...listOf(anyOf), ...listOf(oneOf)].filter(isSchema).map(inWords);
  if (options.length > 0) return [...new Set(options)].join(' or ');
  if (type === undefined) return '$ref' in schema ? 'object' : 'anything';
  return `${[type].flat().join(' or ')}${typeof format === 'string' ? ` (${format})` : ''}`;
}

function written(value: unknown): string {
  return value === undefined ? 'none' : isSchema(value) ? 'a schema' : JSON.stringify(value);
}

const namesIn = (properties: unknown): string[] => (isSchema(properties) ? Object.keys(properties) : []);

const ofName = ({ properties }: JsonSchema, name: string): unknown =>
  isSchema(properties) ? properties[name] : undefined;

const listOf = (list: unknown): readonly unknown[] => (Array.isArray(list) ? list : []);

const requiredIn = ({ required }: JsonSchema): readonly string[] => listOf(required) as string[];
