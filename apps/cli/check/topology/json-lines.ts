import ts from 'typescript';
import { syntaxProblemIn } from '../imports/syntax.js';

/** What a JSON text says, or on which line it is none, and why. */
export function readJson(
  text: string,
): { readonly value: unknown } | { readonly reason: string; readonly line: number } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ');
    // Not every message tells the line.
    const [, line] = /\(line (\d+) column/.exec(reason) ?? [];
    return { reason, line: line === undefined ? lineOfProblem(text) : Number(line) };
  }
}

/** By TypeScript, which reads some things as JSON that are none: for those, the first line. */
function lineOfProblem(text: string): number {
  const source = ts.parseJsonText('file.json', text);
  const inValues: ts.Diagnostic[] = [];
  ts.convertToObject(source, inValues);
  const [{ start = 0 } = {}] = inValues;
  return syntaxProblemIn(source)?.line ?? source.getLineAndCharacterOfPosition(start).line + 1;
}

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
