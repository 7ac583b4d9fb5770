import ts from 'typescript';

/** What a constant of a file was made from, by its name; undefined for a name that is declared more than once. */
export type Constants = ReadonlyMap<string, ts.Expression | undefined>;

/** A path is put together from a few pieces; more than this is not meant to be read. */
const DEEPEST = 20;

/**
 * Every text that an expression can be, if that can be told from the file alone: literals, `+`, templates, `?:`, and
 * constants of these. Undefined when it can be anything.
 */
export function textsOf(expression: ts.Expression, constants: Constants, depth = 0): string[] | undefined {
  if (depth > DEEPEST) return undefined;
  const of = (part: ts.Expression) => textsOf(part, constants, depth + 1);
  const inner = withoutWrapping(expression);
  if (ts.isStringLiteralLike(inner)) return [inner.text];
  if (ts.isIdentifier(inner)) {
    const made = constants.get(inner.text);
    return made === undefined ? undefined : of(made);
  }
  if (ts.isConditionalExpression(inner)) {
    const [yes, no] = [of(inner.whenTrue), of(inner.whenFalse)];
    return yes && no ? [...yes, ...no] : undefined;
  }
  if (ts.isBinaryExpression(inner) && inner.operatorToken.kind === ts.SyntaxKind.PlusToken)
    return joined([of(inner.left), of(inner.right)]);
  if (ts.isTemplateExpression(inner)) {
    const spans = inner.templateSpans.flatMap(({ expression: part, literal }) => [of(part), [literal.text]]);
    return joined([[inner.head.text], ...spans]);
  }
  return undefined;
}

/** Each text of the first before each of the second, and so on. */
function joined(parts: readonly (string[] | undefined)[]): string[] | undefined {
  let texts = [''];
  for (const part of parts) {
    if (part === undefined) return undefined;
    texts = texts.flatMap((begun) => part.map((more) => begun + more));
    if (texts.length > 100) return undefined;
  }
  return texts;
}

/** `(x)`, `x as T`, `<T>x`, `x!`, `x satisfies T`, `await x` and `(0, x)` are about the same `x`. */
export function withoutWrapping(expression: ts.Expression): ts.Expression {
  if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.CommaToken)
    return withoutWrapping(expression.right);
  if (
    ts.isParenthesizedExpression(expression) ||
    ts.isAsExpression(expression) ||
    ts.isTypeAssertionExpression(expression) ||
    ts.isNonNullExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isAwaitExpression(expression)
  )
    return withoutWrapping(expression.expression);
  return expression;
}
