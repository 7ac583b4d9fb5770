import ts from 'typescript';
import type { Sources } from './sources.js';
import { unwrapped } from './unwrapped.js';

/** What a name stands for, as far as the sources tell. */
export type Known =
  | {
      readonly kind: 'value';
      readonly at: ts.Node;
      readonly initializer: ts.Expression | undefined;
      readonly assignments: readonly Assignment[];
    }
  | { readonly kind: 'function'; readonly function: ts.FunctionLikeDeclaration }
  | { readonly kind: 'parameter'; readonly parameter: ts.ParameterDeclaration }
  /** One of those that a list holds. */
  | { readonly kind: 'element'; readonly of: ts.Expression; readonly at: ts.Node }
  | { readonly kind: 'part'; readonly of: ts.Expression; readonly name: string; readonly at: ts.Node }
  | { readonly kind: 'text'; readonly text: string; readonly at: ts.Node }
  | { readonly kind: 'namespace'; readonly source: ts.SourceFile }
  | { readonly kind: 'enum'; readonly source: ts.EnumDeclaration }
  | { readonly kind: 'class'; readonly source: ts.ClassLikeDeclaration }
  | { readonly kind: 'json'; readonly source: ts.Node; readonly content: Record<string, unknown> };

export interface Assignment {
  readonly right: ts.Expression;
  readonly isAppended: boolean;
}

type Declaring =
  | ts.VariableDeclaration
  | ts.BindingElement
  | ts.FunctionDeclaration
  | ts.ParameterDeclaration
  | ts.EnumDeclaration
  | ts.ClassDeclaration
  | ts.ImportSpecifier
  | ts.ImportClause
  | ts.NamespaceImport;

const tables = new WeakMap<ts.SourceFile, Map<string, Declaring[]>>();

/** What a name means where it stands. */
export function declarationOf(name: ts.Identifier, sources: Sources): Known | undefined {
  const candidates = tableOf(name.getSourceFile()).get(name.text) ?? [];
  const scopes = new Set(ancestorsOf(name));
  const nearest = candidates
    .map((declaration) => ({ declaration, scope: scopeOf(declaration) }))
    .filter(({ scope }) => scopes.has(scope))
    .sort((a, b) => b.scope.pos - a.scope.pos)[0];
  return nearest && knownBy(nearest.declaration, sources);
}

/** A member of what is known: of an object that is written out, an enum, a class, a file, a JSON file. */
export function exportOf(known: Known, name: string, sources: Sources): Known | undefined {
  if (known.kind === 'namespace') return exportedFrom(known.source, name, sources);
  if (known.kind === 'class') return memberNamed(known.source, name);
  if (known.kind === 'json') {
    const value = known.content[name];
    return typeof value === 'string' ? { kind: 'text', text: value, at: known.source } : undefined;
  }
  if (known.kind === 'enum') {
    const member = known.source.members.find((each) => nameText(each.name) === name);
    return member && valueAt(member, member.initializer);
  }
  if (known.kind !== 'value' || !known.initializer) return undefined;
  return propertyOf(known.initializer, name);
}

/** A property or method of the class that something stands in, reached by `this`. */
export function membersOf(at: ts.Node, name: string): Known | undefined {
  const owner = ancestorsOf(at).find(ts.isClassLike);
  return owner && memberNamed(owner, name);
}

function memberNamed(owner: ts.ClassLikeDeclaration, name: string): Known | undefined {
  const member = owner.members.find((each) => each.name && nameText(each.name) === name);
  if (!member) return undefined;
  if (ts.isPropertyDeclaration(member)) return valueOrFunction(member, member.initializer);
  if (ts.isMethodDeclaration(member)) return { kind: 'function', function: member };
  if (!ts.isGetAccessor(member)) return undefined;
  const [only] = member.body?.statements ?? [];
  return only && ts.isReturnStatement(only) ? valueAt(member, only.expression) : undefined;
}

/** All that an object or a list that is written out holds. */
export function valuesIn(value: ts.Expression): readonly ts.Expression[] | undefined {
  const bare = thawed(value);
  if (ts.isArrayLiteralExpression(bare)) return bare.elements;
  if (!ts.isObjectLiteralExpression(bare)) return undefined;
  return bare.properties.flatMap((property) => (ts.isPropertyAssignment(property) ? [property.initializer] : []));
}

/** Without `Object.freeze` around it. */
function thawed(value: ts.Expression): ts.Expression {
  const bare = unwrapped(value);
  const isFrozen = ts.isCallExpression(bare) && /\.freeze$/.test(bare.expression.getText());
  return isFrozen && bare.arguments[0] ? thawed(bare.arguments[0]) : bare;
}

function propertyOf(value: ts.Expression, name: string): Known | undefined {
  const bare = thawed(value);
  if (ts.isArrayLiteralExpression(bare)) {
    const element = bare.elements[Number(name)];
    return element && valueAt(element, element);
  }
  if (!ts.isObjectLiteralExpression(bare)) return undefined;
  const property = bare.properties.find((each) => each.name && nameText(each.name) === name);
  if (!property) return undefined;
  if (ts.isPropertyAssignment(property)) return valueOrFunction(property, property.initializer);
  if (ts.isShorthandPropertyAssignment(property)) return valueAt(property, property.name);
  return ts.isMethodDeclaration(property) ? { kind: 'function', function: property } : undefined;
}

function knownBy(declaration: Declaring, sources: Sources): Known | undefined {
  if (ts.isParameter(declaration)) return { kind: 'parameter', parameter: declaration };
  if (ts.isFunctionDeclaration(declaration)) return { kind: 'function', function: declaration };
  if (ts.isEnumDeclaration(declaration)) return { kind: 'enum', source: declaration };
  if (ts.isClassDeclaration(declaration)) return { kind: 'class', source: declaration };
  if (ts.isVariableDeclaration(declaration)) return variable(declaration);
  if (ts.isBindingElement(declaration)) return part(declaration);
  return imported(declaration, sources);
}

function variable(declaration: ts.VariableDeclaration): Known | undefined {
  const { name, initializer, parent } = declaration;
  if (!ts.isIdentifier(name)) return undefined;
  if (ts.isForOfStatement(parent.parent)) return { kind: 'element', of: parent.parent.expression, at: declaration };
  if (parent.flags & ts.NodeFlags.Const) return valueOrFunction(declaration, initializer);
  return { kind: 'value', at: declaration, initializer, assignments: assignmentsTo(name.text, scopeOf(declaration)) };
}

/** Of a constant that is taken apart: `const { table } = …`, `const [table] = …`. */
function part(element: ts.BindingElement): Known | undefined {
  const pattern = element.parent;
  const declaration = pattern.parent;
  if (!ts.isVariableDeclaration(declaration) || !declaration.initializer || element.dotDotDotToken) return undefined;
  const name = ts.isArrayBindingPattern(pattern)
    ? String(pattern.elements.indexOf(element))
    : partName(element.propertyName ?? element.name);
  return { kind: 'part', of: declaration.initializer, name, at: element };
}

function partName(name: ts.PropertyName | ts.BindingName): string {
  return ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name) ? '' : nameText(name);
}

function valueOrFunction(at: ts.Node, initializer: ts.Expression | undefined): Known {
  const bare = initializer && unwrapped(initializer);
  if (bare && (ts.isArrowFunction(bare) || ts.isFunctionExpression(bare))) return { kind: 'function', function: bare };
  return valueAt(at, initializer);
}

function valueAt(at: ts.Node, initializer: ts.Expression | undefined): Known {
  return { kind: 'value', at, initializer, assignments: [] };
}

/** In their order. One that uses the variable itself (`q = q + …`) appends what it adds. */
function assignmentsTo(name: string, scope: ts.Node): Assignment[] {
  const found: Assignment[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && node.left.text === name) {
      const { operatorToken, right } = node;
      if (operatorToken.kind === ts.SyntaxKind.PlusEqualsToken) found.push({ right, isAppended: true });
      else if (operatorToken.kind === ts.SyntaxKind.EqualsToken) found.push(assigned(name, right));
    }
    ts.forEachChild(node, visit);
  };
  visit(scope);
  return found;
}

function assigned(name: string, right: ts.Expression): Assignment {
  const isOfItself =
    ts.isBinaryExpression(right) &&
    right.operatorToken.kind === ts.SyntaxKind.PlusToken &&
    ts.isIdentifier(right.left) &&
    right.left.text === name;
  return isOfItself ? { right: right.right, isAppended: true } : { right, isAppended: false };
}

function imported(
  declaration: ts.ImportSpecifier | ts.ImportClause | ts.NamespaceImport,
  sources: Sources,
): Known | undefined {
  const statement = ancestorsOf(declaration).find(ts.isImportDeclaration);
  const specifier = statement?.moduleSpecifier;
  if (!specifier || !ts.isStringLiteral(specifier)) return undefined;
  if (specifier.text.endsWith('.json')) return json(declaration, specifier.text, sources);
  const file = sources.resolve(declaration.getSourceFile().fileName, specifier.text);
  const source = file === undefined ? undefined : sources.parsed(file);
  if (!source) return undefined;
  if (ts.isNamespaceImport(declaration)) return { kind: 'namespace', source };
  return exportedFrom(
    source,
    ts.isImportClause(declaration) ? 'default' : (declaration.propertyName ?? declaration.name).text,
    sources,
  );
}

function json(
  at: ts.ImportSpecifier | ts.ImportClause | ts.NamespaceImport,
  specifier: string,
  sources: Sources,
): Known | undefined {
  const file = sources.resolve(at.getSourceFile().fileName, specifier);
  const source = file === undefined ? undefined : sources.parsed(file);
  try {
    return source && { kind: 'json', source: at, content: JSON.parse(source.text) as Record<string, unknown> };
  } catch {
    return undefined;
  }
}

function exportedFrom(source: ts.SourceFile, name: string, sources: Sources, depth = 0): Known | undefined {
  if (depth > 8) return undefined;
  const own = (tableOf(source).get(name) ?? []).find((declaration) => scopeOf(declaration) === source);
  if (own) return knownBy(own, sources);
  for (const statement of source.statements) {
    if (name === 'default' && ts.isExportAssignment(statement)) return valueOrFunction(statement, statement.expression);
    if (!ts.isExportDeclaration(statement)) continue;
    const { exportClause, moduleSpecifier } = statement;
    const element =
      exportClause && ts.isNamedExports(exportClause)
        ? exportClause.elements.find((each) => each.name.text === name)
        : undefined;
    if (exportClause && !element) continue;
    const wanted = element ? (element.propertyName ?? element.name).text : name;
    const from = moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : undefined;
    const file = from === undefined ? undefined : sources.resolve(source.fileName, from);
    const target = from === undefined ? source : file === undefined ? undefined : sources.parsed(file);
    const known = target && (target !== source || wanted !== name) && exportedFrom(target, wanted, sources, depth + 1);
    if (known) return known;
  }
  return undefined;
}

function tableOf(source: ts.SourceFile): Map<string, Declaring[]> {
  const known = tables.get(source);
  if (known) return known;
  const table = new Map<string, Declaring[]>();
  const visit = (node: ts.Node): void => {
    const name = declaredName(node);
    if (name !== undefined) table.set(name, [...(table.get(name) ?? []), node as Declaring]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  tables.set(source, table);
  return table;
}

function declaredName(node: ts.Node): string | undefined {
  const isDeclaring =
    ts.isVariableDeclaration(node) ||
    ts.isBindingElement(node) ||
    ts.isParameter(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node);
  if (!isDeclaring || !node.name || !ts.isIdentifier(node.name)) return undefined;
  return node.name.text;
}

/** The block, function or file in which a declaration holds. */
function scopeOf(declaration: ts.Node): ts.Node {
  return ancestorsOf(declaration).find(isScope) ?? declaration.getSourceFile();
}

function isScope(node: ts.Node): boolean {
  return (
    ts.isBlock(node) ||
    ts.isFunctionLike(node) ||
    ts.isSourceFile(node) ||
    ts.isModuleBlock(node) ||
    ts.isForOfStatement(node) ||
    ts.isCaseBlock(node)
  );
}

function ancestorsOf(node: ts.Node): ts.Node[] {
  const found: ts.Node[] = [];
  for (let at = node.parent as ts.Node | undefined; at; at = at.parent) found.push(at);
  return found;
}

function nameText(name: ts.PropertyName): string {
  return ts.isIdentifier(name) ||
    ts.isStringLiteralLike(name) ||
    ts.isNumericLiteral(name) ||
    ts.isPrivateIdentifier(name)
    ? name.text
    : '';
}
