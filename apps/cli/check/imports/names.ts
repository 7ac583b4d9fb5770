import ts from 'typescript';
import { type Constants, withoutWrapping } from './fold.js';

/** What a local name was imported as, and from where. */
interface Origin {
  /** Empty for what the name alone leads to, `globalThis` for what is known everywhere, `?` for what nobody can tell. */
  readonly module: string;
  /** `*` for the whole module. */
  readonly name: string;
}

const BY_NAME = '';
const EVERYWHERE = 'globalThis';
const UNTOLD = '?';
/** The part of Node that makes a `require`, a module, and what a file is loaded by. */
export const MODULES = ['node:module', 'module'];

/** What the names of a file stand for, whichever scope they are in. */
export interface Names {
  readonly constants: Constants;
  /** Whether it is the one of that name which is known everywhere, under whatever name it goes here. */
  isGlobal(expression: ts.Expression, name: string): boolean;
  /** Whether it is `name` of one of these modules, under whatever name it goes here. */
  isFrom(expression: ts.Expression, modules: readonly string[], name: string): boolean;
  /** Whether it is called so where it comes from, wherever that is but in this file. */
  isCalled(expression: ts.Expression, name: string): boolean;
  /** What it is called where it comes from: `jest` of `import { jest as j }`. */
  meaning(local: string): string;
  /** Whether it is `require`, or one that `createRequire` made, under whatever name. */
  isRequire(expression: ts.Expression): boolean;
  /** Whether it is what makes a `require`. */
  isCreateRequire(expression: ts.Expression): boolean;
  /** Whether it is a module of CommonJS: `module` itself, one that it leads to, or one that was made. */
  isModule(expression: ts.Expression): boolean;
}

export function readNames(file: ts.SourceFile): Names {
  const declared = new Map<string, number>();
  const constants = new Map<string, ts.Expression>();
  const origins = new Map<string, Origin>();
  /** Every `name = value`, in declarations, defaults and assignments. */
  const given: { readonly name: string; readonly value: ts.Expression }[] = [];
  const ambient = new Set<string>();

  const importAs = (local: ts.Identifier, module: ts.Expression, name: string): void => {
    if (ts.isStringLiteralLike(module)) origins.set(local.text, { module: module.text, name });
  };

  const visit = (node: ts.Node): void => {
    const name = declaredBy(node);
    if (name !== undefined) declared.set(name, (declared.get(name) ?? 0) + 1);
    if (ts.isImportDeclaration(node)) visitImport(node);
    else if (ts.isImportEqualsDeclaration(node)) {
      if (ts.isExternalModuleReference(node.moduleReference)) importAs(node.name, node.moduleReference.expression, '*');
    } else if (ts.isVariableDeclarationList(node)) {
      for (const declaration of node.declarations) visitVariable(declaration, (node.flags & ts.NodeFlags.Const) !== 0);
    } else if (ts.isCallExpression(node)) {
      visitThen(node);
    } else if (ts.isVariableStatement(node) && isAmbient(node)) {
      for (const declaration of node.declarationList.declarations) ambient.add(declaredBy(declaration) ?? '');
    } else if ((ts.isParameter(node) || ts.isBindingElement(node)) && name !== undefined) {
      if (node.initializer) given.push({ name, value: node.initializer });
    } else if (ts.isFunctionDeclaration(node) && isAmbient(node)) {
      ambient.add(name ?? '');
    } else if (ts.isBinaryExpression(node) && ts.isIdentifier(node.left) && isAssignment(node)) {
      given.push({ name: node.left.text, value: node.right });
    }
    ts.forEachChild(node, visit);
  };

  const visitImport = ({ importClause, moduleSpecifier }: ts.ImportDeclaration): void => {
    const { name, namedBindings } = importClause ?? {};
    if (name) importAs(name, moduleSpecifier, '*');
    if (namedBindings && ts.isNamespaceImport(namedBindings)) importAs(namedBindings.name, moduleSpecifier, '*');
    if (namedBindings && ts.isNamedImports(namedBindings))
      for (const element of namedBindings.elements)
        importAs(element.name, moduleSpecifier, (element.propertyName ?? element.name).text);
  };

  const visitVariable = ({ name, initializer }: ts.VariableDeclaration, isConst: boolean): void => {
    bind(name, initializer && originOf(initializer));
    if (!ts.isIdentifier(name) || initializer === undefined) return;
    if (isConst) constants.set(name.text, initializer);
    given.push({ name: name.text, value: initializer });
  };

  /** `import('node:module').then((m) => …)` */
  const visitThen = ({ expression, arguments: [use] }: ts.CallExpression): void => {
    if (!isMember(expression) || propertyOf(expression) !== 'then' || use === undefined) return;
    const parameter = ts.isArrowFunction(use) || ts.isFunctionExpression(use) ? use.parameters[0] : undefined;
    if (parameter) bind(parameter.name, originOf(expression.expression));
  };

  const bind = (name: ts.BindingName, origin: Origin | undefined): void => {
    if (ts.isIdentifier(name)) {
      if (origin) keep(name.text, origin);
      return;
    }
    for (const element of name.elements) {
      if (!ts.isBindingElement(element) || !ts.isIdentifier(element.name)) continue;
      const from = textOf(element.propertyName ?? element.name);
      if (from !== undefined) keep(element.name.text, partOf(origin, from));
    }
  };

  /** Where a name stands for several things, in several scopes, what comes from a module counts. */
  const keep = (local: string, origin: Origin): void => {
    const isTold = ![BY_NAME, EVERYWHERE, UNTOLD].includes(origin.module);
    if (isTold || !origins.has(local)) origins.set(local, origin);
  };

  /** What an expression stands for: a name, a module that is asked for, or a part of one. */
  const originOf = (expression: ts.Expression): Origin | undefined => {
    const inner = withoutWrapping(expression);
    if (ts.isIdentifier(inner)) return origins.get(inner.text) ?? { module: BY_NAME, name: inner.text };
    const module = moduleOf(inner);
    if (module !== undefined) return { module, name: '*' };
    const promised = promisedBy(inner);
    if (promised !== undefined) return originOf(promised);
    const name = propertyOf(inner);
    return isMember(inner) && name !== undefined ? partOf(originOf(inner.expression), name) : undefined;
  };

  visit(file);
  // One of CommonJS has both whatever is called so within a function of its own.
  const always = /[.]c[jt]s$/.test(file.fileName) ? ['require', 'module'] : [];
  /** Whether the file has declared it: a function of its own that happens to be called `require` is none. */
  const isOwn = (name: string): boolean => declared.has(name) && !ambient.has(name) && !always.includes(name);
  const isItsOwn = ({ module, name }: Origin): boolean => module === BY_NAME && isOwn(name);
  const once = [...constants].filter(([name]) => declared.get(name) === 1);
  const meaning = (local: string): string => {
    const origin = origins.get(local);
    return origin === undefined || origin.name === '*' ? local : origin.name;
  };
  const isCalled = (expression: ts.Expression, name: string): boolean => {
    const origin = originOf(expression);
    return origin?.name === name && !isItsOwn(origin);
  };
  const isGlobal = (expression: ts.Expression, name: string): boolean =>
    isCalled(expression, name) && [BY_NAME, EVERYWHERE].includes(originOf(expression)?.module ?? UNTOLD);
  const isFrom = (expression: ts.Expression, modules: readonly string[], name: string): boolean => {
    const origin = originOf(expression);
    return origin !== undefined && origin.name === name && modules.includes(origin.module);
  };
  const isCreateRequire = (expression: ts.Expression): boolean => isCalled(expression, 'createRequire');
  const names = { isGlobal, isFrom, isCalled, isCreateRequire };
  return { constants: new Map(once), meaning, ...names, ...loadersIn({ ...names, given }) };
}

/** Under which what is known everywhere can be had as well. */
const GLOBALS = new Set(['globalThis', 'global', 'window', 'self']);

function partOf(of: Origin | undefined, name: string): Origin {
  if (of?.module === BY_NAME && GLOBALS.has(of.name)) return { module: EVERYWHERE, name };
  const isWhole = of?.name === '*' || of?.name === 'default';
  return { module: isWhole ? of.module : UNTOLD, name };
}

/** The name of a property, where it stands there. */
function textOf(name: ts.PropertyName | ts.BindingName): string | undefined {
  const plain = ts.isComputedPropertyName(name) ? name.expression : name;
  return ts.isIdentifier(name) || ts.isStringLiteralLike(plain) ? (plain as ts.Identifier).text : undefined;
}

/** The name that a node gives to something, whatever it is, so that no other is taken for it. */
function declaredBy(node: ts.Node): string | undefined {
  if (
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isClassDeclaration(node) ||
    ts.isClassExpression(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isModuleDeclaration(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportEqualsDeclaration(node)
  )
    return node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : undefined;
  return undefined;
}

/** `=`, `??=`, `||=` and `&&=` */
export function isAssignment({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return (
    kind === ts.SyntaxKind.EqualsToken ||
    kind === ts.SyntaxKind.QuestionQuestionEqualsToken ||
    kind === ts.SyntaxKind.BarBarEqualsToken ||
    kind === ts.SyntaxKind.AmpersandAmpersandEqualsToken
  );
}

/** What is asked for by `require('…')`, `await import('…')` and their like. */
function moduleOf(initializer: ts.Expression): string | undefined {
  const call = withoutWrapping(initializer);
  if (!ts.isCallExpression(call)) return undefined;
  const [specifier] = call.arguments;
  return specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
}

/** `execFile` of `promisify(execFile)`, which does the same. */
function promisedBy(call: ts.Expression): ts.Expression | undefined {
  if (!ts.isCallExpression(call)) return undefined;
  const { expression: callee, arguments: given } = call;
  const name = ts.isIdentifier(callee) ? callee.text : propertyOf(callee);
  return name === 'promisify' ? given[0] : undefined;
}

function isAmbient(node: ts.HasModifiers): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) ?? false;
}

type Known = Pick<Names, 'isGlobal' | 'isFrom' | 'isCalled' | 'isCreateRequire'> & {
  readonly given: readonly { readonly name: string; readonly value: ts.Expression }[];
};

/** What loads a file by its name: each `require`, and each module of CommonJS, which has one. */
function loadersIn({
  given,
  isGlobal,
  isFrom,
  isCalled,
  isCreateRequire,
}: Known): Pick<Names, 'isRequire' | 'isModule'> {
  const requires = new Set<string>();
  const modules = new Set<string>();

  const isRequire = (expression: ts.Expression): boolean => {
    const inner = withoutWrapping(expression);
    if (ts.isIdentifier(inner)) return requires.has(inner.text) || isGlobal(inner, 'require');
    if (ts.isCallExpression(inner)) return isCreateRequire(inner.expression);
    if (ts.isConditionalExpression(inner)) return isRequire(inner.whenTrue) || isRequire(inner.whenFalse);
    if (ts.isBinaryExpression(inner)) return isRequire(inner.left) || isRequire(inner.right);
    return isMember(inner) && propertyOf(inner) === 'require' && isModule(inner.expression);
  };

  /** `module`, `module.parent`, `require.main`, `process.mainModule`, `new Module('…')` */
  const isModule = (expression: ts.Expression): boolean => {
    const inner = withoutWrapping(expression);
    if (ts.isNewExpression(inner))
      return ['*', 'default', 'Module'].some((name) => isFrom(inner.expression, MODULES, name));
    if (isGlobal(inner, 'module') || isCalled(inner, 'mainModule')) return true;
    if (ts.isIdentifier(inner)) return modules.has(inner.text);
    if (!isMember(inner)) return false;
    const name = propertyOf(inner);
    return (name === 'parent' && isModule(inner.expression)) || (name === 'main' && isRequire(inner.expression));
  };

  // A name may be given to the next one before it is itself given its value: look until nothing is found any more.
  for (let known = -1; known !== requires.size + modules.size; ) {
    known = requires.size + modules.size;
    for (const { name, value } of given) {
      if (isRequire(value)) requires.add(name);
      if (isModule(value)) modules.add(name);
    }
  }
  return { isRequire, isModule };
}

type Member = ts.PropertyAccessExpression | ts.ElementAccessExpression;
export const isMember = (node: ts.Node): node is Member =>
  ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node);

/** The name after the dot, or between the brackets. */
export function propertyOf(expression: ts.Expression): string | undefined {
  if (ts.isPropertyAccessExpression(expression)) return expression.name.text;
  if (ts.isElementAccessExpression(expression) && ts.isStringLiteralLike(expression.argumentExpression))
    return expression.argumentExpression.text;
  return undefined;
}
