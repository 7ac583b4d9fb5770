import ts from 'typescript';
import type { Form, Import } from './import.js';
import { type Note, noteStatements } from './note-statements.js';
import { readDeepForms } from './read-deep-forms.js';
import { syntaxProblemIn } from './syntax.js';

/**
 * Words without one of which a file holds none of the forms that may stand deep inside it, but for those that begin with
 * `import`. Most files hold none, and need not be gone through.
 */
const DEEP_WORDS = new RegExp(
  [
    // A name may be written by escapes.
    '\\\\[ux]',
    '\\brequire\\b|createRequire|getBuiltinModule',
    '\\bjest\\b(?!/globals)|\\bvi\\b|node:test',
    '__filename|__dirname',
    'worker_threads|child_process|[\'"`](?:node:)?(?:module|vm)[\'"`]',
    '\\beval\\b|\\bFunction\\b|[.\'"`]constructor\\b',
  ].join('|'),
);

/** Every place in a file that names another file, in every form that there is for it, in order of the lines. */
export function readImports(fileName: string, text: string): Import[] {
  const file = ts.createSourceFile(fileName, text, ts.ScriptTarget.Latest);
  const imports: Import[] = [];
  const note: Note = (node, form, specifier, flags) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    imports.push({ specifier, form, line: line + 1, ...flags });
  };
  const problem = syntaxProblemIn(file);
  if (problem) imports.push({ specifier: problem.what, form: 'broken', line: problem.line });
  noteReferences(file, imports);
  const shallow = noteStatements(file.statements, note);
  if (mayBeDeep(text, shallow)) readDeepForms(file, note);
  return imports.sort((a, b) => a.line - b.line);
}

function mayBeDeep(text: string, shallowImports: number): boolean {
  return (
    (text.match(/\bimport\b/g)?.length ?? 0) > shallowImports ||
    DEEP_WORDS.test(text) ||
    (/\bdeclare\b/.test(text) && /\bmodule\b/.test(text))
  );
}

function noteReferences(file: ts.SourceFile, imports: Import[]): void {
  const add = (pos: number, form: Form, specifier: string): void => {
    imports.push({ specifier, form, line: file.getLineAndCharacterOfPosition(pos).line + 1 });
  };
  for (const { pos, fileName } of file.referencedFiles) add(pos, 'path', fileName);
  for (const { pos, fileName } of file.typeReferenceDirectives) add(pos, 'types', fileName);
  for (const { path } of file.amdDependencies) add(Math.max(0, file.text.indexOf(path)), 'require', path);
}
