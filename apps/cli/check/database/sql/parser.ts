import { hasSqlDetails, loadModule, parsePlPgSQLSync, parseSync } from 'libpg-query';

/** A node of PostgreSQL's own parse tree, as JSON. */
export type Node = Readonly<Record<string, unknown>>;

/** One statement of a text; offsets count UTF-16 units of it. */
export interface Statement {
  /** As `SelectStmt`. */
  readonly kind: string;
  readonly node: Node;
  readonly start: number;
  readonly end: number;
  /** From a location of the tree to an offset of the text. */
  readonly offsetOf: (location: number) => number;
}

/** Where the grammar was left. */
export interface SyntaxTrouble {
  readonly at: number;
}

/** Makes the grammar ready; to be awaited before anything is parsed. */
export function loadGrammar(): Promise<void> {
  return loadModule();
}

/** The statements of a text, by PostgreSQL's own grammar. */
export function parse(text: string): Statement[] | SyntaxTrouble {
  // A NUL ends a text for the grammar, which is written in C.
  if (text.trim() === '' || text.includes('\0')) return { at: 0 };
  const offsetOf = offsets(text);
  try {
    const { stmts = [] } = parseSync(text) as unknown as { stmts?: RawStatement[] };
    return stmts.map(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
      const [kind, node] = Object.entries(stmt)[0] as [string, Node];
      const end = length === undefined ? text.length : offsetOf(start + length);
      return { kind, node, start: offsetOf(start), end, offsetOf };
    });
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    return { at: Math.max(0, error.sqlDetails?.cursorPosition ?? 0) };
  }
}

/** The body of the function or DO block that is the text, as PL/pgSQL's own parser reads it; undefined if it cannot. */
export function parseBody(text: string): unknown {
  try {
    return parsePlPgSQLSync(text);
  } catch {
    return undefined;
  }
}

interface RawStatement {
  readonly stmt: Record<string, Node>;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

/** The grammar counts bytes of UTF-8. */
function offsets(text: string): (location: number) => number {
  const bytes = Buffer.from(text);
  if (bytes.length === text.length) return (location) => location;
  return (location) => bytes.subarray(0, location).toString().length;
}
