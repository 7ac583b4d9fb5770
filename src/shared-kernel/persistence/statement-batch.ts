import { createRequire } from 'node:module';
import type pg from 'pg';

/** One statement with `$1` placeholders. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

export interface StatementResult {
  /** The server's word for what it did, as `INSERT 0 3` or `ROLLBACK`. */
  readonly command: string;
  readonly rows: Record<string, unknown>[];
}

/** What the server answered to the statements up to the one that failed; `at` says which that was, from 0. */
export class StatementFailed extends Error {
  constructor(
    readonly at: number,
    override readonly cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

// The same conversion of values that `pg` does for its own queries.
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue(value: unknown): Value;
};

type Value = string | Buffer | null;

/** `pg`'s connection, as far as it is used here: its own cursors and copy streams are built on the same functions. */
interface Wire {
  readonly stream: { cork(): void; uncork(): void };
  parse(message: { name: string; text: string }): void;
  bind(message: { portal: string; statement: string; values: readonly Value[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string }): void;
  close(message: { type: 'S'; name: string }): void;
  sync(): void;
}

interface Column {
  readonly name: string;
  readonly parse: (text: string) => unknown;
}

/** A statement is parsed once a connection and found again by this name; beyond so many texts they go without. */
const NAMES = new Map<string, string>();
const MOST_NAMES = 1_000;

function nameOf(text: string): string {
  const known = NAMES.get(text);
  if (known !== undefined) return known;
  if (NAMES.size >= MOST_NAMES) return '';
  const name = `seamline_${NAMES.size + 1}`;
  NAMES.set(text, name);
  return name;
}

/** Which names a connection has: `true` for sure, `false` when a failure left it open. */
const prepared = new WeakMap<Wire, Map<string, boolean>>();

/**
 * Sends statements in one network round trip, and asks for the outcome once, at their end. When one fails the server
 * passes by all after it, a COMMIT among them too. Outside a transaction block they make one transaction of their own,
 * in which each statement takes its own snapshot (READ COMMITTED).
 * Source: PostgreSQL manual, "55.2.4. Pipelining" and "55.2.3. Extended Query".
 */
export class StatementBatch {
  private readonly results: StatementResult[] = [];
  private columns: readonly Column[] = [];
  private rows: Record<string, unknown>[] = [];
  private names = new Map<string, boolean>();
  private readonly first: string[] = [];
  private failed = false;

  constructor(
    private readonly client: pg.ClientBase,
    private readonly statements: readonly Statement[],
    private readonly done: (error: Error | undefined, results: StatementResult[]) => void,
  ) {}

  submit(wire: Wire): Error | null {
    // Before anything is on its way: a value that cannot be sent must not leave half a statement behind.
    const values = valuesOf(this.statements);
    if (values instanceof Error) return values;
    this.names = namesOf(wire);
    wire.stream.cork();
    try {
      this.statements.forEach(({ text }, n) => {
        this.write(wire, text, values[n] as Value[]);
      });
      wire.sync();
    } finally {
      wire.stream.uncork();
    }
    return null;
  }

  private write(wire: Wire, text: string, values: Value[]): void {
    const name = nameOf(text);
    const known = this.names.get(name);
    if (name === '' || known !== true) {
      if (known === false) wire.close({ type: 'S', name });
      wire.parse({ name, text });
      if (name !== '') this.names.set(name, true);
      this.first.push(name);
    }
    wire.bind({ portal: '', statement: name, values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '' });
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  handleDataRow({ fields: values }: { fields: readonly (string | null)[] }): void {
    const row: Record<string, unknown> = {};
    for (let n = 0; n < this.columns.length; n++) {
      const { name, parse } = this.columns[n] as Column;
      const value = values[n] as string | null;
      row[name] = value === null ? null : parse(value);
    }
    this.rows.push(row);
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.results.push({ command: text, rows: this.rows });
    this.rows = [];
  }

  handleEmptyQuery(): void {
    this.results.push({ command: '', rows: [] });
  }

  handlePortalSuspended(): void {}

  handleCopyInResponse(): void {}

  handleCopyData(): void {}

  handleError(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    const at = this.results.length;
    // Which of the new names the server still got to know is not worth finding out; the failed one may be out of date.
    for (const name of this.first) this.names.set(name, false);
    const culprit = this.statements[at];
    if (culprit) this.names.set(nameOf(culprit.text), false);
    this.done(new StatementFailed(at, error), this.results);
  }

  handleReadyForQuery(): void {
    this.done(undefined, this.results);
  }
}

function valuesOf(statements: readonly Statement[]): Value[][] | Error {
  try {
    return statements.map(({ values = [] }) => values.map(prepareValue));
  } catch (error) {
    return error as Error;
  }
}

function namesOf(wire: Wire): Map<string, boolean> {
  const known = prepared.get(wire) ?? new Map<string, boolean>();
  prepared.set(wire, known);
  return known;
}
