import ts from 'typescript';
import type { Form, Import } from './import.js';

/** Notes that `node` names a file. */
export type Note = (
  node: ts.Node,
  form: Form,
  specifier: string,
  flags?: Omit<Import, 'specifier' | 'form' | 'line'>,
) => void;

/** The forms that stand at the top of a file or of a `declare module`. Tells how many began with `import`. */
export function noteStatements(statements: readonly ts.Statement[], note: Note): number {
  let imports = 0;
  for (const statement of statements) {
    if (ts.isImportDeclaration(statement)) {
      imports++;
      noteFrom(statement.moduleSpecifier, isTypeOnlyImport(statement), note);
    } else if (ts.isExportDeclaration(statement)) {
      noteFrom(statement.moduleSpecifier, isTypeOnlyExport(statement), note);
    } else if (ts.isImportEqualsDeclaration(statement)) {
      imports++;
      const { moduleReference } = statement;
      if (ts.isExternalModuleReference(moduleReference) && ts.isStringLiteralLike(moduleReference.expression))
        note(moduleReference.expression, 'require', moduleReference.expression.text);
    }
  }
  return imports;
}

function noteFrom(specifier: ts.Expression | undefined, isTypeOnly: boolean, note: Note): void {
  if (specifier !== undefined && ts.isStringLiteralLike(specifier))
    note(specifier, 'import', specifier.text, isTypeOnly ? { isTypeOnly } : {});
}

function isTypeOnlyImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings } = importClause;
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  );
}

function isTypeOnlyExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  return (
    isTypeOnly ||
    (exportClause !== undefined &&
      ts.isNamedExports(exportClause) &&
      exportClause.elements.length > 0 &&
      exportClause.elements.every((element) => element.isTypeOnly))
  );
}
