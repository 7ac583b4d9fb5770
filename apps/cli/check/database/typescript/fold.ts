import ts from 'typescript';
import { filled, isHole, type Place, type Text, type Words, within } from '../text.js';
import { withNames } from './bindings.js';
import { declarationOf, exportOf, type Known, membersOf, valuesIn } from './declarations.js';
import { literalWords } from './literal.js';
import type { Sources } from './sources.js';
import { unwrapped } from './unwrapped.js';

/** What an expression may say, by each way it can come out; a stretch that only the run time knows is a hole. */
export type Fold = (expression: ts.Expression) => readonly Text[];

/** So many ways an expression may come out before the rest is left to the run time. */
const WAYS = 32;
const DEPTH = 24;

/** What parameters of a function that is looked into were given. */
type Given = ReadonlyMap<ts.Node, readonly Text[]>;
const NOTHING: Given = new Map();

/** Reads constant text: literals, templates, concatenations, and the constants, functions and members they are made of. */
export function folder(sources: Sources): Fold {
  const beingRead = new Set<ts.Node>();
  const fold = (node: ts.Expression, given: Given, depth: number): readonly Text[] => {
    if (depth > DEPTH) return unknown(node);
    const next = (each: ts.Expression) => fold(each, given, depth + 1);
    const bare = unwrapped(node);
    if (bare !== node) return next(bare);
    if (ts.isStringLiteralLike(node) || ts.isNumericLiteral(node)) return [[wordsOf(node)]];
    if (ts.isTemplateExpression(node)) return template(node, next);
    if (ts.isTaggedTemplateExpression(node)) return next(node.template);
    if (ts.isBinaryExpression(node)) return operation(node, next);
    if (ts.isConditionalExpression(node)) return limited([...next(node.whenTrue), ...next(node.whenFalse)], node);
    if (ts.isCallExpression(node)) return call(node, given, depth);
    if (ts.isAwaitExpression(node)) return next(node.expression);
    const known = knownAt(node, next);
    return known ? textsOf(known, given, depth) : unknown(node);
  };

  const wordsOf = (node: ts.LiteralLikeNode): Words => {
    const source = node.getSourceFile();
    return ts.isNumericLiteral(node)
      ? { text: node.text, placeAt: () => placeOf(node) }
      : literalWords(node, source, sources.pathOf(source.fileName));
  };

  const placeOf = (node: ts.Node): Place => {
    const source = node.getSourceFile();
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    return { file: sources.pathOf(source.fileName), line };
  };

  const unknown = (node: ts.Node): readonly Text[] => [[{ place: placeOf(node) }]];

  const limited = (ways: readonly Text[], node: ts.Node): readonly Text[] =>
    ways.length <= WAYS ? ways : [...ways.slice(0, WAYS - 1), ...unknown(node)];

  /** Every way of the one followed by every way of the other. */
  const joined = (lists: readonly (readonly Text[])[], node: ts.Node): readonly Text[] =>
    lists.reduce<readonly Text[]>(
      (before, after) =>
        limited(
          before.flatMap((first) => after.map((second) => [...first, ...second])),
          node,
        ),
      [[]],
    );

  const template = (node: ts.TemplateExpression, next: Fold): readonly Text[] =>
    joined(
      [
        [[wordsOf(node.head)]],
        ...node.templateSpans.flatMap((span) => [next(span.expression), [[wordsOf(span.literal)]]]),
      ],
      node,
    );

  const operation = (node: ts.BinaryExpression, next: Fold): readonly Text[] => {
    const { operatorToken, left, right } = node;
    if (operatorToken.kind === ts.SyntaxKind.PlusToken) return joined([next(left), next(right)], node);
    const either = [ts.SyntaxKind.BarBarToken, ts.SyntaxKind.QuestionQuestionToken];
    if (either.includes(operatorToken.kind)) return limited([...next(left), ...next(right)], node);
    if (operatorToken.kind === ts.SyntaxKind.AmpersandAmpersandToken) return [...next(right), []];
    return unknown(node);
  };

  const call = (node: ts.CallExpression, given: Given, depth: number): readonly Text[] => {
    const next = (each: ts.Expression) => fold(each, given, depth + 1);
    const name = nameOf(node.expression);
    const subject = ts.isPropertyAccessExpression(node.expression) ? node.expression.expression : undefined;
    const [first] = node.arguments;
    if (subject && name === 'join') {
      const items = itemsOf(subject);
      const separator = first ? next(first) : [[{ text: ',', placeAt: () => placeOf(node) }]];
      if (items)
        return joined(
          items.flatMap((item, index) => (index > 0 ? [separator, next(item)] : [next(item)])),
          node,
        );
    }
    if (subject && name === 'concat') return joined([next(subject), ...node.arguments.map(next)], node);
    if (subject && SAME_TEXT.has(name)) return next(subject);
    if (subject && first && /^replace(All)?$/.test(name)) return replaced(node, subject, first, next);
    if (first && name === 'format') return formatted(node, first, next);
    const result = inlined(node, given, depth);
    if (result) return result;
    if (first && QUOTES.has(name)) {
      const names = ts.isArrayLiteralExpression(first) ? first.elements : node.arguments;
      return joined(
        names.map((each, at) => quoted(next(each), each, at)),
        node,
      );
    }
    if (first && PASSES.has(name)) return withNamesOf(node, first, next);
    return unknown(node);
  };

  const replaced = (
    node: ts.CallExpression,
    subject: ts.Expression,
    search: ts.Expression,
    next: Fold,
  ): readonly Text[] => {
    const [from, to] = [search, node.arguments[1]].map((each) => each && constantOf(next(each)));
    if (from === undefined || to === undefined) return unknown(node);
    const inPlace = (part: Words): Words => ({ text: part.text.replaceAll(from, to), placeAt: () => placeOf(node) });
    return next(subject).map((way) => way.map((part) => (isHole(part) ? part : inPlace(part))));
  };

  /** As pg-format and Node's `util.format` put values into a text: `%I`, `%s`, `%L`. */
  const formatted = (node: ts.CallExpression, pattern: ts.Expression, next: Fold): readonly Text[] => {
    const [way = []] = next(pattern);
    const values = [...node.arguments.slice(1)];
    const pieces = way.flatMap((part): (readonly Text[])[] => {
      if (isHole(part)) return [[[part]]];
      return [...part.text.matchAll(/%%|%(?:\d+\$)?[sILdo]|[^%]+|%/g)].map(({ 0: piece, index }) => {
        const value = /^%.*[sI]$/.test(piece) ? values.shift() : undefined;
        if (value) return piece.endsWith('I') ? quoted(next(value), value, 0) : next(value);
        return /^%.*[sILdo]$/.test(piece) ? unknown(node) : [[within(part, index, piece === '%%' ? '%' : piece)]];
      });
    });
    return joined(pieces, node);
  };

  /** As an identifier of SQL, several as a qualified one; `a.b` is one too, as builders read it. */
  const quoted = (ways: readonly Text[], node: ts.Node, at: number): readonly Text[] =>
    ways.map((way) => {
      const part = way[0];
      if (way.length !== 1 || part === undefined || isHole(part)) return way;
      const edge = (text: string): Words => ({ text, placeAt: () => placeOf(node) });
      return [edge(at > 0 ? '."' : '"'), edge(part.text.replaceAll('.', '"."')), edge('"')];
    });

  /** What a list or an object that is written out holds. */
  const itemsOf = (node: ts.Expression): readonly ts.Expression[] | undefined => {
    const written = valuesIn(node);
    if (written) return written;
    const known = knownAt(unwrapped(node), () => []);
    return known?.kind === 'value' && known.initializer ? itemsOf(known.initializer) : undefined;
  };

  /** What a function of the sources says of its arguments, where it is one expression. */
  const inlined = (node: ts.CallExpression, given: Given, depth: number): readonly Text[] | undefined => {
    const known = knownAt(node.expression, () => []);
    const made = known?.kind === 'function' ? known.function : undefined;
    const results = made ? resultsOf(made) : [];
    if (!made || results.length === 0 || beingRead.has(made)) return undefined;
    const passed = made.parameters.map((parameter, index): [ts.Node, readonly Text[]] => {
      const argument = node.arguments[index] ?? parameter.initializer;
      return [parameter, argument ? fold(argument, given, depth + 1) : unknown(parameter)];
    });
    const inside = new Map([...given, ...passed]);
    return once(made, () =>
      limited(
        results.flatMap((result) => fold(result, inside, depth + 1)),
        node,
      ),
    );
  };

  const knownAt = (node: ts.Expression, next: Fold): Known | undefined => {
    if (ts.isIdentifier(node)) return declarationOf(node, sources);
    if (ts.isPropertyAccessExpression(node)) return memberOf(node.expression, node.name.text, node);
    if (!ts.isElementAccessExpression(node)) return undefined;
    const key = next(node.argumentExpression)[0]?.[0];
    if (key === undefined) return undefined;
    return isHole(key) ? { kind: 'element', of: node.expression, at: node } : memberOf(node.expression, key.text, node);
  };

  const memberOf = (object: ts.Expression, name: string, at: ts.Node): Known | undefined => {
    if (object.kind === ts.SyntaxKind.ThisKeyword) return membersOf(at, name);
    const known = knownAt(unwrapped(object), () => []);
    return known && exportOf(known, name, sources);
  };

  const textsOf = (known: Known, given: Given, depth: number): readonly Text[] => {
    if (known.kind === 'text') return [[{ text: known.text, placeAt: () => placeOf(known.at) }]];
    if (known.kind === 'parameter') return given.get(known.parameter) ?? taken(known.parameter, given, depth);
    if (known.kind === 'element') return eachOf(known.of, known.at, given, depth);
    if (known.kind === 'part') {
      const { of: initializer, at } = known;
      const whole = knownAt(unwrapped(initializer), () => []) ?? { kind: 'value', at, initializer, assignments: [] };
      const part = exportOf(whole, known.name, sources);
      return part ? textsOf(part, given, depth + 1) : unknown(known.at);
    }
    if (known.kind !== 'value') return unknown(known.kind === 'function' ? known.function : known.source);
    const { initializer, assignments, at } = known;
    // What is made of itself says nothing more the second time.
    if (beingRead.has(at)) return unknown(at);
    return once(at, () => {
      let ways: readonly Text[] = initializer ? fold(initializer, given, depth + 1) : [];
      for (const { right, isAppended } of assignments) {
        const added = fold(right, given, depth + 1);
        ways = isAppended ? joined([ways, added], right) : limited([...ways, ...added], right);
      }
      return ways.length > 0 ? ways : unknown(at);
    });
  };

  const once = (node: ts.Node, read: () => readonly Text[]): readonly Text[] => {
    beingRead.add(node);
    try {
      return read();
    } finally {
      beingRead.delete(node);
    }
  };

  const eachOf = (list: ts.Expression, at: ts.Node, given: Given, depth: number): readonly Text[] => {
    const items = itemsOf(list) ?? [];
    if (items.length === 0 || beingRead.has(at)) return unknown(at);
    return once(at, () =>
      limited(
        items.flatMap((item) => fold(item, given, depth + 1)),
        at,
      ),
    );
  };

  /** A parameter may be what a list is gone through with, or have a value of its own. */
  const taken = (parameter: ts.ParameterDeclaration, given: Given, depth: number): readonly Text[] => {
    const list = listGoneThrough(parameter);
    if (list) return eachOf(list, parameter, given, depth);
    const { initializer } = parameter;
    if (!initializer || beingRead.has(parameter)) return unknown(parameter);
    return once(parameter, () => [...fold(initializer, given, depth + 1), ...unknown(parameter)]);
  };

  return (expression) => fold(expression, NOTHING, 0);
}

/** What is passed on, with the names that knex is given for it: `raw('from ??', ['billing.payment'])`. */
function withNamesOf({ arguments: [, given] }: ts.CallExpression, passed: ts.Expression, next: Fold): readonly Text[] {
  const ways = next(passed);
  return given ? ways.map((way) => withNames(way, given, next)) : ways;
}

/** The text of an expression that can come out in one way only. */
function constantOf([way, ...others]: readonly Text[]): string | undefined {
  return way === undefined || others.length > 0 || way.some(isHole) ? undefined : filled(way, []).text;
}

/** `tables` of `tables.map((table) => …)`. */
function listGoneThrough(parameter: ts.ParameterDeclaration): ts.Expression | undefined {
  const use = parameter.parent;
  const call = use.parent;
  if (!ts.isCallExpression(call) || call.arguments[0] !== use || use.parameters[0] !== parameter) return undefined;
  const isEach = ts.isPropertyAccessExpression(call.expression) && EACH.test(call.expression.name.text);
  return isEach ? call.expression.expression : undefined;
}

const EACH = /^(map|flatMap|forEach|filter|some|every|find)$/;

/** Methods and functions whose result says what they are given. */
const SAME_TEXT = new Set(['trim', 'trimStart', 'trimEnd', 'toString', 'valueOf', 'normalize']);
const PASSES = new Set(['String', 'raw', 'lit', 'literal', 'dedent', 'stripIndent', 'unsafe', 'sql']);
const QUOTES = new Set([
  'escapeIdentifier',
  'quoteIdent',
  'quoteIdentifier',
  'ident',
  'identifier',
  'id',
  'ref',
  'table',
]);

/** The last part of what is called. */
export function nameOf(callee: ts.Expression): string {
  const bare = unwrapped(callee);
  if (ts.isIdentifier(bare)) return bare.text;
  return ts.isPropertyAccessExpression(bare) ? bare.name.text : '';
}

/** What a function may return. */
function resultsOf({ body }: ts.FunctionLikeDeclaration): ts.Expression[] {
  if (!body) return [];
  if (!ts.isBlock(body)) return [body];
  const results: ts.Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isReturnStatement(node) && node.expression) results.push(node.expression);
    else if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(body);
  return results;
}
