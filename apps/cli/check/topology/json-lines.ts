import ts from 'typescript';

/**
 * The line on which a JSON text says what is at a path, from 1; that of the nearest place around it where there is
 * nothing at the path itself.
 */
export function lineAt(text: string, path: readonly PropertyKey[]): number {
  const source = ts.parseJsonText('file.json', text);
  let node: ts.Node | undefined = source.statements[0]?.expression;
  let found: ts.Node | undefined = node;
  for (const step of path) {
    node = node && within(node, step);
    if (node === undefined) break;
    found = node;
    if (ts.isPropertyAssignment(node)) node = node.initializer;
  }
  return found === undefined ? 1 : source.getLineAndCharacterOfPosition(found.getStart(source)).line + 1;
}

function within(node: ts.Node, step: PropertyKey): ts.Node | undefined {
  if (ts.isArrayLiteralExpression(node)) return node.elements[Number(step)];
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  return node.properties.find(({ name }) => name !== undefined && ts.isStringLiteral(name) && name.text === step);
}
