/** What is known of an exported constant without loading its file. */
export interface ExportedConstant {
  /** From 1. */
  readonly line: number;
  /** The comment right above it, on one line. */
  readonly meaning: string;
}

const EXPORTED = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^[ \t]*export const (\w+)/gm;

/** The exported constants of a source, by name. */
export function exportedConstants(source: string): Map<string, ExportedConstant> {
  return new Map(
    [...source.matchAll(EXPORTED)].map((match) => {
      const [whole, comment = '', name = ''] = match;
      const line = source.slice(0, match.index + whole.length).split('\n').length;
      return [name, { line, meaning: onOneLine(comment) }];
    }),
  );
}

function onOneLine(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
    .join(' ')
    .trim();
}
