import ts from 'typescript';

/** An expression without what says nothing at run time: parentheses, casts, `satisfies`, `!`. */
export function unwrapped(node: ts.Expression): ts.Expression {
  const isWrapped =
    ts.isParenthesizedExpression(node) ||
    ts.isAsExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isTypeAssertionExpression(node) ||
    ts.isNonNullExpression(node);
  return isWrapped ? unwrapped(node.expression) : node;
}
