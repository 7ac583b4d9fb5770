import ts from 'typescript';
import type { Form, Import } from './import.js';
import { type Note, noteStatements } from './note-statements.js';
import { readDeepForms } from './read-deep-forms.js';

/** Words without which a file holds none of the forms that may stand deep inside it. */
const DEEP_WORDS =
  /\\u|require|Require|\b(?:jest|vi|mock|URL|Worker|fork|getBuiltinModule|register|eval|Function|declare)\b/;

/** Every place in a file that names another file, in every form that there is for it, in order of the lines. */
export function readImports(fileName: string, text: string): Import[] {
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest);
  const imports: Import[] = [];
  const note: Note = (node, form, specifier, flags) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    imports.push({ specifier, form, line: line + 1, ...flags });
  };
  noteReferences(file, imports);
  const shallow = noteStatements(file.statements, note);
  if (DEEP_WORDS.test(text) || (text.match(/\bimport\b/g)?.length ?? 0) > shallow) readDeepForms(file, note);
  return imports.sort((a, b) => a.line - b.line);
}

function noteReferences(file: ts.SourceFile, imports: Import[]): void {
  const add = (pos: number, form: Form, specifier: string): void => {
    imports.push({ specifier, form, line: file.getLineAndCharacterOfPosition(pos).line + 1 });
  };
  for (const { pos, fileName } of file.referencedFiles) add(pos, 'path', fileName);
  for (const { pos, fileName } of file.typeReferenceDirectives) add(pos, 'types', fileName);
  for (const { path } of file.amdDependencies) add(Math.max(0, file.text.indexOf(path)), 'require', path);
}
