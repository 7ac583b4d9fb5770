import type { Hole, Text, Words } from '../text.js';
import type { Node } from './parser.js';

/** What stands for something that is known at run time only. */
export const HOLE = 'seamline_hole';

/** The strings of a list of names, as of `a.b`. */
export function namesIn(list: unknown): string[] {
  const items = Array.isArray(list) ? list : (list as { items?: unknown[] } | undefined)?.items;
  return (items ?? []).flatMap((item) => stringOf(item) ?? []);
}

/** The text of a String node or of a constant, with a cast or without. */
export function stringOf(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null) return undefined;
  const { String: name, A_Const: constant, TypeCast: cast } = node as Record<string, Node | undefined>;
  if (name) return (name.sval as string | undefined) ?? '';
  if (cast) return stringOf(cast.arg);
  const { sval, ival } = (constant ?? {}) as { sval?: { sval?: string }; ival?: { ival?: number } };
  if (ival) return String(ival.ival ?? 0);
  return sval && (sval.sval ?? '');
}

type Parts = readonly (string | undefined)[];
const UNKNOWN: Parts = [undefined];

/** What a variable of a body holds. */
export type Variables = (name: string) => Parts;
const NONE: Variables = () => UNKNOWN;

/** By the expressions that they are given, each read once. */
export function variablesOf(given: ReadonlyMap<string, unknown>): Variables {
  const known = new Map<string, Parts>();
  const held: Variables = (name) => {
    if (!given.has(name)) return UNKNOWN;
    if (!known.has(name)) {
      // What is made of itself says nothing more the second time.
      known.set(name, UNKNOWN);
      known.set(name, limited(foldedParts(given.get(name), held)));
    }
    return known.get(name) ?? UNKNOWN;
  };
  return held;
}

/** No statement that is meant to be read is put together from more. */
const limited = (parts: Parts): Parts => (parts.length > 100 || parts.join('').length > 100_000 ? UNKNOWN : parts);

/** The text that an expression makes, as far as it can be told: `'select * from ' || quote_ident(t)`. */
export function textOf(node: unknown, at: Hole, variables = NONE): Text {
  return foldedParts(node, variables).map((part): Words | Hole =>
    part === undefined ? at : { text: part, placeAt: () => at.place },
  );
}

function foldedParts(node: unknown, variables: Variables): Parts {
  const constant = stringOf(node);
  if (constant !== undefined) return [constant];
  const {
    A_Expr: operation,
    FuncCall: call,
    TypeCast: cast,
    ColumnRef: column,
    SQLValueFunction: value,
  } = (node ?? {}) as Record<string, Node | undefined>;
  if (cast) return foldedParts(cast.arg, variables);
  if (operation && namesIn(operation.name).at(-1) === '||')
    return [...foldedParts(operation.lexpr, variables), ...foldedParts(operation.rexpr, variables)];
  if (call) return foldedCall(namesIn(call.funcname).at(-1) ?? '', (call.args ?? []) as unknown[], variables);
  if (column) return foldedName(namesIn(column.fields), variables);
  if (value?.op === 'SVFOP_CURRENT_SCHEMA') return OWN;
  return UNKNOWN;
}

/** The schema that a function itself lives in, which is not another's: judged as harmless, wherever it stands. */
const OWN: Parts = ['pg_temp'];

function foldedName([name = '', ...more]: readonly string[], variables: Variables): Parts {
  if (name === 'tg_table_schema') return OWN;
  return more.length > 0 ? UNKNOWN : variables(name);
}

function foldedCall(name: string, args: readonly unknown[], variables: Variables): Parts {
  if (name === 'current_schema') return OWN;
  if (name === 'quote_ident') return onlyKnown(foldedParts(args[0], variables), identifier);
  if (name === 'quote_literal' || name === 'quote_nullable') return onlyKnown(foldedParts(args[0], variables), literal);
  if (name === 'concat') return args.flatMap((arg) => foldedParts(arg, variables));
  if (name === 'format') return formatted(args, variables);
  return UNKNOWN;
}

function formatted([pattern, ...values]: readonly unknown[], variables: Variables): Parts {
  const text = stringOf(pattern);
  if (text === undefined) return UNKNOWN;
  let next = 0;
  return text.split(/(%(?:\d+\$)?-?\d*[sIL]|%%)/).flatMap((part): Parts => {
    if (part === '%%') return ['%'];
    const directive = /^%(?:(\d+)\$)?-?\d*([sIL])$/.exec(part);
    if (!directive) return [part];
    if (directive[1] !== undefined) next = Number(directive[1]) - 1;
    const value = foldedParts(values[next++], variables);
    if (directive[2] === 'I') return onlyKnown(value, identifier);
    return directive[2] === 'L' ? onlyKnown(value, literal) : value;
  });
}

function onlyKnown(parts: Parts, quote: (text: string) => string): Parts {
  return parts.includes(undefined) ? UNKNOWN : [quote(parts.join(''))];
}

export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
