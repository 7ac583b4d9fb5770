import ts from 'typescript';
import { textsOf, withoutWrapping } from './fold.js';
import type { Form, Import } from './import.js';
import { isAssignment, isMember, MODULES, type Names, propertyOf, readNames } from './names.js';
import { type Note, noteStatements } from './note-statements.js';
import { PROCESSES, startedBy } from './processes.js';
import { runsText } from './runs-text.js';

/** What test frameworks call the functions that replace a module or give the real one; no other thing has such names. */
const MOCKING = new Set([
  'unstable_mockModule',
  'unstable_unmockModule',
  'requireActual',
  'requireMock',
  'createMockFromModule',
  'genMockFromModule',
  'importActual',
  'importMock',
  'doMock',
  'doUnmock',
  'dontMock',
  'deepUnmock',
]);
/** The same, but their names alone say nothing: what they are called on does. */
const MOCKING_OF_A_FRAMEWORK = new Set(['mock', 'unmock', 'setMock']);

/** What may be asked of a `require` besides calling it, without losing sight of it. */
const HARMLESS_OF_REQUIRE = new Set(['resolve', 'cache', 'extensions', 'main']);

const WORKERS = ['node:worker_threads', 'worker_threads'];

/** The forms that may stand anywhere in a file: in expressions, types, doc comments and `declare module`. */
export function readDeepForms(file: ts.SourceFile, note: Note): void {
  const names = readNames(file);
  const isSeen = seenElsewhere(names);
  const excerpt = (node: ts.Node): string => {
    const text = node.getText(file).replace(/\s+/g, ' ');
    return text.length > 80 ? `${text.slice(0, 79)}…` : text;
  };
  const noteUnreadable = (node: ts.Node): void => note(node, 'unreadable', excerpt(node));

  /** What a call is given as its first argument. */
  const noteGiven = (call: Call, form: Form, flags: Flags = {}): void => {
    const given = call.arguments?.[0];
    if (given === undefined) return;
    const texts = textsOf(given, names.constants);
    for (const text of texts ?? []) note(given, form, text, flags);
    if (texts === undefined && !isSeen(given)) noteUnreadable(call);
  };

  const noteCall = (call: Call): void => {
    const callee = withoutWrapping(call.expression);
    const form = formOf(call, callee, names);
    if (form === 'url') {
      const [path] = call.arguments ?? [];
      for (const text of (path && textsOf(path, names.constants)) ?? []) note(call, 'url', text);
    } else if (form === 'unreadable') {
      noteUnreadable(call);
    } else if (form !== undefined) {
      noteGiven(call, form.form, form.flags);
    } else {
      noteStarted(call);
    }
  };

  const noteStarted = (call: Call): void => {
    const started = startedBy(call, names, isSeen);
    for (const { node, path } of started?.files ?? []) note(node, 'start', path, { mayBeMissing: true });
    if (started?.isUnreadable) noteUnreadable(call);
  };

  const visit = (node: ts.Node): void => {
    for (const comment of docCommentsOf(node)) visit(comment);
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) noteCall(node);
    else if (ts.isClassLike(node) && extendsWorker(node, names))
      for (const call of superCallsIn(node)) noteGiven(call, 'start');
    else if (ts.isImportTypeNode(node)) noteType(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node);
    else if (ts.isJSDocImportTag(node)) noteType(node.moduleSpecifier);
    else if (ts.isModuleDeclaration(node)) noteModuleDeclaration(node);
    for (const lost of requiresLostIn(node, names)) noteUnreadable(lost);
    ts.forEachChild(node, visit);
  };

  const noteType = (specifier: ts.Node): void => {
    if (ts.isStringLiteralLike(specifier)) note(specifier, 'import', specifier.text, { isTypeOnly: true });
  };

  const noteModuleDeclaration = ({ name, body }: ts.ModuleDeclaration): void => {
    if (ts.isStringLiteral(name)) note(name, 'augmentation', name.text, { isTypeOnly: true, mayBeMissing: true });
    if (body && ts.isModuleBlock(body)) noteStatements(body.statements, note);
  };

  visit(file);
}

type Call = ts.CallExpression | ts.NewExpression;
type Flags = Pick<Import, 'mayBeMissing'>;

/** Comments hang beside the tree, and only at the nodes that they document. */
function docCommentsOf(node: ts.Node): readonly ts.Node[] {
  return (node as ts.Node & { readonly jsDoc?: readonly ts.JSDoc[] }).jsDoc ?? [];
}

/** How the first argument of a call names a file, if it does. */
function formOf(
  call: Call,
  callee: ts.Expression,
  names: Names,
): { readonly form: Form; readonly flags?: Flags } | 'url' | 'unreadable' | undefined {
  const name = ts.isIdentifier(callee) ? names.meaning(callee.text) : propertyOf(callee);
  if (runsText(call, callee, names)) return 'unreadable';
  if (ts.isNewExpression(call)) {
    if (name === 'URL' && isHere(call.arguments?.[1], names)) return 'url';
    if (names.isFrom(callee, WORKERS, 'Worker')) return isSourceText(call) ? 'unreadable' : { form: 'start' };
    return undefined;
  }
  if (callee.kind === ts.SyntaxKind.ImportKeyword || ts.isMetaProperty(callee)) return { form: 'import' };
  if (names.isRequire(callee)) return { form: 'require' };
  if (name === 'resolve' && isMember(callee)) {
    if (isImportMeta(callee.expression)) return { form: 'import' };
    if (names.isRequire(callee.expression)) return { form: 'require' };
  }
  if (
    name === 'parse' &&
    isMember(callee) &&
    names.isGlobal(callee.expression, 'URL') &&
    isHere(call.arguments[1], names)
  )
    return 'url';
  if (name === 'getBuiltinModule') return { form: 'import', flags: { mayBeMissing: true } };
  if (names.isFrom(callee, MODULES, 'register')) return { form: 'import' };
  if (names.isFrom(callee, MODULES, '_load')) return { form: 'require' };
  if (names.isFrom(callee, PROCESSES, 'fork')) return { form: 'start' };
  if (name !== undefined && isMocking(callee, name, names))
    return { form: 'mock', flags: isVirtual(call) ? { mayBeMissing: true } : {} };
  return undefined;
}

function extendsWorker({ heritageClauses }: ts.ClassLikeDeclaration, names: Names): boolean {
  const bases = (heritageClauses ?? []).flatMap(({ types }) => types.map(({ expression }) => expression));
  return bases.some((base) => names.isFrom(base, WORKERS, 'Worker'));
}

function superCallsIn(node: ts.Node): ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  ts.forEachChild(node, (child) => {
    if (ts.isCallExpression(child) && child.expression.kind === ts.SyntaxKind.SuperKeyword) found.push(child);
    if (!ts.isClassLike(child)) found.push(...superCallsIn(child));
  });
  return found;
}

function isImportMeta(expression: ts.Expression): boolean {
  const inner = withoutWrapping(expression);
  return ts.isMetaProperty(inner) && inner.keywordToken === ts.SyntaxKind.ImportKeyword;
}

/** `import.meta.url` and all that is made of it. */
function isHere(base: ts.Expression | undefined, names: Names): boolean {
  if (base === undefined) return false;
  let isFound = false;
  const look = (node: ts.Node): void => {
    if (ts.isMetaProperty(node)) isFound = true;
    else if (ts.isIdentifier(node)) {
      if (node.text === '__filename' || node.text === '__dirname') isFound = true;
      const made = names.constants.get(node.text);
      if (made !== undefined && ts.isMetaProperty(firstOf(made))) isFound = true;
    }
    ts.forEachChild(node, look);
  };
  look(base);
  return isFound;
}

/** `import.meta` of `import.meta.url`. */
function firstOf(expression: ts.Expression): ts.Expression {
  const inner = withoutWrapping(expression);
  return isMember(inner) ? firstOf(inner.expression) : inner;
}

/** A worker can be started from a text instead of a file. */
function isSourceText(call: ts.NewExpression): boolean {
  return hasTrue(call.arguments?.[1], 'eval');
}

/** One that stands for a module which is nowhere. */
function isVirtual(call: ts.CallExpression): boolean {
  return hasTrue(call.arguments[2], 'virtual');
}

function hasTrue(options: ts.Expression | undefined, key: string): boolean {
  if (options === undefined || !ts.isObjectLiteralExpression(options)) return false;
  return options.properties.some(
    (property) =>
      ts.isPropertyAssignment(property) &&
      (ts.isIdentifier(property.name) || ts.isStringLiteralLike(property.name)) &&
      property.name.text === key &&
      property.initializer.kind === ts.SyntaxKind.TrueKeyword,
  );
}

function isMocking(callee: ts.Expression, name: string, names: Names): boolean {
  if (MOCKING.has(name)) return true;
  if (!isMember(callee)) return false;
  const on = withoutWrapping(callee.expression);
  if (name === 'module') return ts.isIdentifier(on) ? names.isCalled(on, 'mock') : propertyOf(on) === 'mock';
  return MOCKING_OF_A_FRAMEWORK.has(name) && isFramework(on, names);
}

/** `jest`, `vi`, `import.meta.jest`, and what is chained to them. */
function isFramework(expression: ts.Expression, names: Names): boolean {
  const inner = withoutWrapping(expression);
  if (ts.isIdentifier(inner)) return ['jest', 'vi'].some((each) => names.isCalled(inner, each));
  if (ts.isCallExpression(inner)) return isFramework(inner.expression, names);
  if (!isMember(inner)) return false;
  const isJest = propertyOf(inner) === 'jest' && (isImportMeta(inner.expression) || names.isGlobal(inner, 'jest'));
  return isJest || isFramework(inner.expression, names);
}

/** Whether an argument leads where another expression in it already says; that one is looked at by itself. */
function seenElsewhere(names: Names): (expression: ts.Expression) => boolean {
  const isSeen = (expression: ts.Expression, depth = 0): boolean => {
    const inner = withoutWrapping(expression);
    if (depth > 10) return false;
    const of = (part: ts.Expression | undefined) => part !== undefined && isSeen(part, depth + 1);
    if (ts.isIdentifier(inner)) return inner.text === '__filename' || of(names.constants.get(inner.text));
    if (ts.isNewExpression(inner))
      return formOf(inner, withoutWrapping(inner.expression), names) === 'url' && isText(inner.arguments?.[0]);
    if (isMember(inner)) {
      const property = propertyOf(inner) ?? '';
      if (isImportMeta(inner.expression)) return property === 'url' || property === 'filename';
      return ['href', 'pathname'].includes(property) && of(inner.expression);
    }
    if (!ts.isCallExpression(inner)) return false;
    const callee = withoutWrapping(inner.expression);
    const name = ts.isIdentifier(callee) ? names.meaning(callee.text) : propertyOf(callee);
    if (name === 'resolve' && isMember(callee))
      return (isImportMeta(callee.expression) || names.isRequire(callee.expression)) && isText(inner.arguments[0]);
    if (name === 'toString' && isMember(callee)) return of(callee.expression);
    return ['fileURLToPath', 'pathToFileURL', 'String'].includes(name ?? '') && of(inner.arguments[0]);
  };
  const isText = (expression: ts.Expression | undefined): boolean =>
    expression !== undefined && textsOf(expression, names.constants) !== undefined;
  return isSeen;
}

/** Each `require` in `node`, or what makes one or runs a text, that is handed on to where nobody can see what is done with it. */
function requiresLostIn(node: ts.Node, names: Names): ts.Node[] {
  const leads = (value: ts.Expression): boolean =>
    names.isRequire(value) || names.isCreateRequire(value) || names.isGlobal(value, 'eval');
  const lost = (...values: readonly (ts.Expression | undefined)[]): ts.Expression[] =>
    values.filter((value) => value !== undefined).filter(leads);
  if (ts.isCallExpression(node) || ts.isNewExpression(node)) return lost(...(node.arguments ?? []));
  if (ts.isReturnStatement(node) || ts.isSpreadElement(node) || ts.isExportAssignment(node))
    return lost(node.expression);
  if (ts.isArrowFunction(node)) return ts.isBlock(node.body) ? [] : lost(node.body);
  if (ts.isArrayLiteralExpression(node)) return lost(...node.elements);
  if (ts.isPropertyAssignment(node) || ts.isPropertyDeclaration(node)) return lost(node.initializer);
  if (ts.isShorthandPropertyAssignment(node)) return lost(node.name);
  if (ts.isExportSpecifier(node))
    return lost((node.propertyName ?? node.name) as ts.Identifier).length > 0 ? [node] : [];
  if (ts.isVariableStatement(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    return lost(...node.declarationList.declarations.map(({ initializer }) => initializer));
  if (ts.isVariableDeclaration(node) && !ts.isIdentifier(node.name)) return lost(node.initializer);
  if (ts.isBinaryExpression(node) && isAssignment(node)) return ts.isIdentifier(node.left) ? [] : lost(node.right);
  if (isMember(node) && !HARMLESS_OF_REQUIRE.has(propertyOf(node) ?? '')) return lost(node.expression);
  return [];
}
