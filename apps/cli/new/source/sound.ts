import ts from 'typescript';
import { parse } from './parsed.js';

const OPTIONS = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, experimentalDecorators: true };

/** Why a source would not compile, as far as it shows by itself: it does not parse, or one name stands for two things. */
export function whyUnsound(text: string): string | undefined {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true, compilerOptions: OPTIONS });
  const [first] = diagnostics;
  if (first) return ts.flattenDiagnosticMessageText(first.messageText, ' ').replace(/\.$/, '');
  const twice = twiceDeclared(parse(text));
  return twice === undefined ? undefined : `"${twice}" would stand for two things`;
}

/**
 * A name within a function of what is written anew that hides another one of the file: what is called `owner` there would be
 * taken for something else.
 */
export function whyHidden(text: string): string | undefined {
  const source = parse(text);
  const top = new Set(source.statements.flatMap(namesOf));
  const hidden = source.statements.map((statement) => hiddenIn(statement, top)).find((name) => name !== undefined);
  return hidden === undefined ? undefined : `"${hidden}" would stand for two things`;
}

function hiddenIn(node: ts.Node, outer: ReadonlySet<string>): string | undefined {
  const names = ts.isFunctionLike(node) ? localsOf(node) : [];
  const seen = new Set(outer);
  for (const name of names) if (seen.size === seen.add(name).size) return name;
  return ts.forEachChild(node, (child) => hiddenIn(child, seen));
}

/** The parameters and variables of a function, without those of functions in it. */
function localsOf(node: ts.SignatureDeclaration): string[] {
  const names: string[] = [];
  const visit = (each: ts.Node): void => {
    const isNamed = ts.isParameter(each) || ts.isVariableDeclaration(each) || ts.isBindingElement(each);
    if (isNamed && ts.isIdentifier(each.name)) names.push(each.name.text);
    if (!ts.isFunctionLike(each)) ts.forEachChild(each, visit);
  };
  ts.forEachChild(node, visit);
  return names;
}

function twiceDeclared(source: ts.SourceFile): string | undefined {
  const seen = new Set<string>();
  return source.statements.flatMap(namesOf).find((name) => seen.size === seen.add(name).size);
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isImportDeclaration(statement)) return importedNames(statement);
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) => (ts.isIdentifier(name) ? name.text : []));
  // An interface may stand beside a constant of its name.
  if (ts.isClassDeclaration(statement) || ts.isFunctionDeclaration(statement)) return [statement.name?.text ?? ''];
  return [];
}

function importedNames({ importClause }: ts.ImportDeclaration): string[] {
  const bindings = importClause?.namedBindings;
  const named = bindings && ts.isNamedImports(bindings) ? bindings.elements.map(({ name }) => name.text) : [];
  return importClause?.name ? [importClause.name.text, ...named] : named;
}
