import ts from 'typescript';
import { appended, decoratedWith, inserted, parse, propertyOf, UnexpectedShape } from './parsed.js';

/** The source of a Nest module with one more name in a list of its @Module, as `providers`. */
export function withListed(text: string, list: string, name: string): string {
  return inList(text, decoratedWith(parse(text), 'Module'), list, name);
}

/** The same for a list of what a module hands to BoundedContext.register, as `subscribers`. */
export function withRegistered(text: string, list: string, name: string): string {
  return inList(text, registration(decoratedWith(parse(text), 'Module')), list, name);
}

function registration(decorated: ts.ObjectLiteralExpression): ts.ObjectLiteralExpression {
  const imports = propertyOf(decorated, 'imports');
  const calls = imports && ts.isArrayLiteralExpression(imports) ? imports.elements.filter(ts.isCallExpression) : [];
  const [given] = calls.find((call) => call.expression.getText() === 'BoundedContext.register')?.arguments ?? [];
  if (given && ts.isObjectLiteralExpression(given)) return given;
  throw new UnexpectedShape('BoundedContext.register({ … }) among the imports of @Module');
}

/** The text of topology.json with one more module in the app that faces the public. */
export function withPlaced(text: string, module: string): string {
  const source = ts.createSourceFile('topology.json', text, ts.ScriptTarget.Latest, true, ts.ScriptKind.JSON);
  const [statement] = source.statements;
  const topology = objectIn(
    statement && ts.isExpressionStatement(statement) ? statement.expression : undefined,
    'an object',
  );
  const apps = objectIn(propertyOf(topology, '"apps"'), '"apps" by name');
  const gateway = propertyOf(topology, '"gateway"')?.getText() ?? apps.properties[0]?.name?.getText() ?? '';
  const app = objectIn(propertyOf(apps, gateway), 'an app that faces the public');
  if (!propertyOf(app, '"modules"')) throw new UnexpectedShape(`"modules" in the app ${gateway}`);
  return inList(text, app, '"modules"', `"${module}"`);
}

function objectIn(node: ts.Expression | undefined, what: string): ts.ObjectLiteralExpression {
  if (node && ts.isObjectLiteralExpression(node)) return node;
  throw new UnexpectedShape(what);
}

function inList(text: string, object: ts.ObjectLiteralExpression, list: string, name: string): string {
  const value = propertyOf(object, list);
  if (value === undefined) return withProperty(text, object, `${list}: [${name}]`);
  if (!ts.isArrayLiteralExpression(value)) throw new UnexpectedShape(`${list}: [ … ] written out as a list`);
  if (value.elements.some((element) => element.getText() === name)) return text;
  const last = value.elements.at(-1);
  return last ? appended(text, last, name) : inserted(text, value.getStart() + 1, name);
}

function withProperty(text: string, object: ts.ObjectLiteralExpression, property: string): string {
  const last = object.properties.at(-1);
  return last ? appended(text, last, property) : inserted(text, object.getStart() + 1, ` ${property} `);
}
