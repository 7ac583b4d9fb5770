import ts from 'typescript';
import { type Constants, withoutWrapping } from './fold.js';

/** What a local name was imported as, and from where. */
interface Origin {
  readonly module: string;
  /** `*` for the whole module. */
  readonly name: string;
}

/** What the names of a file stand for, whichever scope they are in. */
export interface Names {
  readonly constants: Constants;
  /** Whether the file itself declares it, so that it is not the one that is known everywhere. */
  isDeclared(name: string): boolean;
  /** Whether it is `name` of one of these modules, under whatever name it goes here. */
  isFrom(expression: ts.Expression, modules: readonly string[], name: string): boolean;
  /** What it is called where it comes from: `jest` of `import { jest as j }`. */
  meaning(local: string): string;
  /** Whether it is `require`, or one that `createRequire` made, under whatever name. */
  isRequire(expression: ts.Expression): boolean;
}

export function readNames(file: ts.SourceFile): Names {
  const declared = new Map<string, number>();
  const constants = new Map<string, ts.Expression>();
  const origins = new Map<string, Origin>();
  /** Every `name = value`, in declarations, defaults and assignments. */
  const given: { readonly name: string; readonly value: ts.Expression }[] = [];
  const ambient = new Set<string>();

  const declare = (name: string): void => void declared.set(name, (declared.get(name) ?? 0) + 1);
  const importAs = (local: ts.Identifier, module: ts.Expression, name: string): void => {
    declare(local.text);
    if (ts.isStringLiteralLike(module)) origins.set(local.text, { module: module.text, name });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { name, namedBindings } = node.importClause ?? {};
      if (name) importAs(name, node.moduleSpecifier, '*');
      if (namedBindings && ts.isNamespaceImport(namedBindings)) importAs(namedBindings.name, node.moduleSpecifier, '*');
      if (namedBindings && ts.isNamedImports(namedBindings))
        for (const element of namedBindings.elements)
          importAs(element.name, node.moduleSpecifier, (element.propertyName ?? element.name).text);
    } else if (ts.isImportEqualsDeclaration(node)) {
      if (ts.isExternalModuleReference(node.moduleReference)) importAs(node.name, node.moduleReference.expression, '*');
      else declare(node.name.text);
    } else if (ts.isVariableDeclarationList(node)) {
      for (const declaration of node.declarations) visitVariable(declaration, (node.flags & ts.NodeFlags.Const) !== 0);
    } else if (ts.isVariableStatement(node) && isAmbient(node)) {
      for (const { name } of node.declarationList.declarations) if (ts.isIdentifier(name)) ambient.add(name.text);
    } else if (ts.isParameter(node) && ts.isIdentifier(node.name)) {
      declare(node.name.text);
      if (node.initializer) given.push({ name: node.name.text, value: node.initializer });
    } else if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name) {
      if (isAmbient(node)) ambient.add(node.name.text);
      declare(node.name.text);
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      if (ts.isIdentifier(node.left)) given.push({ name: node.left.text, value: node.right });
    }
    ts.forEachChild(node, visit);
  };

  const visitVariable = ({ name, initializer }: ts.VariableDeclaration, isConst: boolean): void => {
    const module = initializer && moduleOf(initializer);
    if (ts.isIdentifier(name)) {
      declare(name.text);
      if (module !== undefined) origins.set(name.text, { module, name: '*' });
      if (initializer && isConst) constants.set(name.text, initializer);
      if (initializer) given.push({ name: name.text, value: initializer });
      return;
    }
    for (const element of name.elements) {
      if (!ts.isBindingElement(element) || !ts.isIdentifier(element.name)) continue;
      declare(element.name.text);
      const from = element.propertyName ?? element.name;
      if (ts.isIdentifier(from) || ts.isStringLiteralLike(from))
        origins.set(element.name.text, { module: module ?? '', name: from.text });
    }
  };

  visit(file);
  const once = [...constants].filter(([name]) => declared.get(name) === 1);
  const meaning = (local: string): string => {
    const origin = origins.get(local);
    return origin === undefined || origin.name === '*' ? local : origin.name;
  };
  return {
    constants: new Map(once),
    isDeclared: (name) => declared.has(name),
    meaning,
    isFrom(expression, modules, name) {
      const inner = withoutWrapping(expression);
      if (ts.isIdentifier(inner)) {
        const origin = origins.get(inner.text);
        return origin !== undefined && origin.name === name && modules.includes(origin.module);
      }
      if (!ts.isPropertyAccessExpression(inner) || inner.name.text !== name) return false;
      const of = withoutWrapping(inner.expression);
      const whole = ts.isIdentifier(of) ? origins.get(of.text) : undefined;
      return whole !== undefined && ['*', 'default'].includes(whole.name) && modules.includes(whole.module);
    },
    isRequire: requireIn({ declared, ambient, given, constants, meaning }),
  };
}

/** What is asked for by `require('…')`, `await import('…')` and their like. */
function moduleOf(initializer: ts.Expression): string | undefined {
  const call = withoutWrapping(initializer);
  if (!ts.isCallExpression(call)) return undefined;
  const [specifier] = call.arguments;
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

function isAmbient(node: ts.HasModifiers): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

interface Known {
  readonly declared: ReadonlyMap<string, number>;
  readonly ambient: ReadonlySet<string>;
  readonly given: readonly { readonly name: string; readonly value: ts.Expression }[];
  readonly constants: Constants;
  meaning(local: string): string;
}

function requireIn({ declared, ambient, given, constants, meaning }: Known): (expression: ts.Expression) => boolean {
  // A function of the file's own that happens to be called `require` is none.
  const names = new Set(declared.has('require') && !ambient.has('require') ? [] : ['require']);
  const isRequire = (expression: ts.Expression): boolean => {
    const inner = withoutWrapping(expression);
    if (ts.isIdentifier(inner)) return names.has(inner.text);
    if (ts.isCallExpression(inner)) return isCreateRequire(withoutWrapping(inner.expression));
    if (ts.isConditionalExpression(inner)) return isRequire(inner.whenTrue) || isRequire(inner.whenFalse);
    if (ts.isBinaryExpression(inner)) return isRequire(inner.left) || isRequire(inner.right);
    return ts.isPropertyAccessExpression(inner) && inner.name.text === 'require' && isOfModules(inner.expression);
  };
  const isCreateRequire = (callee: ts.Expression): boolean => {
    if (!ts.isIdentifier(callee)) return propertyOf(callee) === 'createRequire';
    const made = constants.get(callee.text);
    return meaning(callee.text) === 'createRequire' || (made !== undefined && isMadeFrom(made));
  };
  const isMadeFrom = (value: ts.Expression): boolean => {
    const inner = withoutWrapping(value);
    return ts.isIdentifier(inner) ? meaning(inner.text) === 'createRequire' : propertyOf(inner) === 'createRequire';
  };
  // A name may be given to the next one before it is itself given its value: look until nothing is found any more.
  for (let known = -1; known !== names.size; ) {
    known = names.size;
    for (const { name, value } of given) if (isRequire(value)) names.add(name);
  }
  return isRequire;
}

/** `module.require`, `require.main.require`, `process.mainModule.require` */
function isOfModules(expression: ts.Expression): boolean {
  const of = withoutWrapping(expression);
  const name = ts.isIdentifier(of) ? of.text : propertyOf(of);
  return name === 'module' || name === 'main' || name === 'mainModule';
}

/** The name after the dot, or between the brackets. */
export function propertyOf(expression: ts.Expression): string | undefined {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  if (ts.isElementAccessExpression(expression) && ts.isStringLiteralLike(expression.argumentExpression))
    return expression.argumentExpression.text;
  return undefined;
}
