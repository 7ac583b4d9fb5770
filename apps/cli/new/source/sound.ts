import ts from 'typescript';
import { parse } from './parsed.js';

const OPTIONS = { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext, experimentalDecorators: true };

/** Why a source would not compile, as far as it shows by itself: it does not parse, or one name stands for two things. */
export function whyUnsound(text: string): string | undefined {
  const { diagnostics = [] } = ts.transpileModule(text, { reportDiagnostics: true, compilerOptions: OPTIONS });
  const [first] = diagnostics;
  if (first) return ts.flattenDiagnosticMessageText(first.messageText, ' ');
  const twice = twiceDeclared(parse(text));
  return twice === undefined ? undefined : `"${twice}" would stand for two things`;
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
