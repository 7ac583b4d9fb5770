import type ts from 'typescript';

/** Where a text first breaks the grammar of its language, and how. */
export interface SyntaxProblem {
  /** From 1. */
  readonly line: number;
  /** In words, without a full stop. */
  readonly what: string;
}

/** Undefined where a file was read to its end without a guess. */
export function syntaxProblemIn(file: ts.SourceFile): SyntaxProblem | undefined {
  // The parser's own list. The public way to it is a Program, which would cost as much again for every file.
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: readonly ts.DiagnosticWithLocation[] };
  const [first] = parseDiagnostics;
  if (first === undefined) return undefined;
  const { messageText, start } = first;
  const text = typeof messageText === 'string' ? messageText : messageText.messageText;
  return { line: file.getLineAndCharacterOfPosition(start).line + 1, what: text.replace(/\.$/, '') };
}
