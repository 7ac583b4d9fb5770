import { type Text, type Words, within } from '../text.js';
import { HOLE, textOf, type Variables, variablesOf } from './constants.js';
import type { Mention } from './mentions.js';
import { type Node, parse, parseBody } from './parser.js';

interface Expression {
  readonly query: string;
  /** Within the body, from 1. */
  readonly line: number;
  /** Its value is run as a statement: EXECUTE. */
  readonly isRun: boolean;
}

/**
 * What the body of a PL/pgSQL function or DO block names and does, dynamic SQL included as far as its text is told;
 * undefined where it cannot be read as PL/pgSQL.
 * @param statement the whole one that has the body in it
 */
export function mentionsInBody(body: Words, statement: string, read: (text: Text) => Mention[]): Mention[] | undefined {
  const parsed = parseBody(statement);
  if (parsed === undefined) return undefined;
  const { expressions, types, values } = partsOf(parsed);
  const variables = waysOf(values);
  const starts = startsOfLines(body.text);
  const located = (mention: Mention, line: number): Mention => ({
    ...mention,
    place: body.placeAt(seek(body.text, mention, starts[line - 1] ?? 0)),
  });
  const readRun = once(read);
  const found = expressions.flatMap(({ query, line, isRun }) => {
    const words = within(body, starts[line - 1] ?? 0, query);
    // What EXECUTE is given may itself read something, beside what it runs.
    const mentions = isRun
      ? [...runTexts(query, words, variables).flatMap(readRun), ...read([within(words, 0, `select ${query}`)])]
      : read([words]);
    return mentions.map((mention) => located(mention, line));
  });
  const declared = types.flatMap((type) => read([{ text: `select null::${type}`, placeAt: body.placeAt }]));
  return withoutTwins([...found, ...declared.map((mention) => located(mention, 1))]);
}

/** A variable that is run in many places may say the same in each. */
function once(read: (text: Text) => Mention[]): (text: Text) => Mention[] {
  const known = new Map<string, Mention[]>();
  return (text) => {
    const said = text.map((part) => ('text' in part ? part.text : HOLE)).join('');
    const mentions = known.get(said) ?? read(text);
    known.set(said, mentions);
    return mentions;
  };
}

function withoutTwins(mentions: readonly Mention[]): Mention[] {
  return [...new Map(mentions.map((mention) => [JSON.stringify(mention), mention])).values()];
}

/** The statements that EXECUTE may run, as far as its expression and the variables in it tell them. */
function runTexts(query: string, words: Words, variables: readonly Variables[]): Text[] {
  const hole = { place: words.placeAt(0) };
  const expression = expressionIn(query);
  return expression === undefined ? [[hole]] : variables.map((each) => textOf(expression, hole, each));
}

function expressionIn(query: string): unknown {
  const parsed = parse(`select ${query}`);
  const [only] = Array.isArray(parsed) ? parsed : [];
  const target = (only?.node.targetList as Node[] | undefined)?.[0]?.ResTarget as Node | undefined;
  return target?.val;
}

/** What each variable may hold at a time, so that each of its values comes up in one of them. */
function waysOf(values: readonly Value[]): Variables[] {
  const given = [...Map.groupBy(values, ({ name }) => name)].map(
    ([name, each]) => [name, each.map(({ query }) => expressionIn(query))] as const,
  );
  const ways = Math.max(1, ...given.map(([, each]) => each.length));
  return Array.from({ length: ways }, (_, way) =>
    variablesOf(new Map(given.map(([name, each]) => [name, each[way] ?? each[0]]))),
  );
}

/** What a variable is given, where it is declared or assigned. */
interface Value {
  readonly name: string;
  readonly query: string;
}

function partsOf(parsed: unknown): { expressions: Expression[]; types: string[]; values: Value[] } {
  const expressions: Expression[] = [];
  const values: Value[] = [];
  const types: string[] = [];
  const visit = (node: unknown, line: number, parent: string, isRun: boolean): void => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, line, parent, isRun);
      return;
    }
    if (typeof node !== 'object' || node === null) return;
    const own = (node as { lineno?: number }).lineno ?? line;
    for (const [key, value] of Object.entries(node)) {
      if (key === 'PLpgSQL_expr') expressions.push(expressionOf(value as RawExpression, own, isRun));
      else if (key === 'PLpgSQL_type') types.push(String((value as { typname?: string }).typname ?? 'text'));
      else {
        values.push(...valueIn(key, value as Node));
        visit(value, own, key, key === 'dynquery' || (key === 'query' && RUNS_ITS_QUERY.has(parent)));
      }
    }
  };
  visit(parsed, 1, '', false);
  return { expressions, types: types.map(withoutColumn).filter((type) => type.includes('.')), values };
}

/** A preset of a variable, or an assignment to it. */
function valueIn(kind: string, node: Node): Value[] {
  if (kind === 'PLpgSQL_var') {
    const preset = queryOf(node.default_val);
    return preset === undefined ? [] : [{ name: String(node.refname), query: preset }];
  }
  const assignment = kind === 'PLpgSQL_stmt_assign' ? (queryOf(node.expr) ?? '') : '';
  const name = /^\s*([\w$]+)\s*:?=/.exec(assignment)?.[1];
  return name === undefined ? [] : [{ name: name.toLowerCase(), query: assigned(assignment, ASSIGNS) }];
}

function queryOf(holder: unknown): string | undefined {
  return (holder as { PLpgSQL_expr?: RawExpression } | undefined)?.PLpgSQL_expr?.query;
}

/** Of `payment%ROWTYPE` and `payment.amount%TYPE` the table. */
function withoutColumn(type: string): string {
  return type.replace(/%\s*rowtype\s*$/i, '').replace(/\.[^.]*%\s*type\s*$/i, '');
}

interface RawExpression {
  readonly query: string;
  readonly parseMode?: number;
}

const RUNS_ITS_QUERY = new Set(['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors']);

function expressionOf({ query, parseMode = 0 }: RawExpression, line: number, isRun: boolean): Expression {
  return { query: isRun || parseMode === 0 ? query : `select ${assigned(query, parseMode)}`, line, isRun };
}

/** The mode from which on a query begins with its target. */
const ASSIGNS = 3;

/** The value of an assignment, which stands behind its target. */
function assigned(query: string, parseMode: number): string {
  return parseMode >= ASSIGNS ? query.slice(query.search(/:?=/)).replace(/^:?=/, '') : query;
}

function startsOfLines(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** Where the name stands, at or behind an offset, or before it in a variable: the parser of bodies tells lines only. */
function seek(body: string, mention: Mention, from: number): number {
  if (mention.kind === 'deed') return from + (/\S/.exec(body.slice(from))?.index ?? 0);
  const name = `${mention.schema}.${mention.name}`;
  const folded = body.toLowerCase();
  const places = [body.indexOf(name, from), folded.indexOf(mention.schema, from), body.indexOf(name)];
  return places.find((at) => at >= 0) ?? from;
}
