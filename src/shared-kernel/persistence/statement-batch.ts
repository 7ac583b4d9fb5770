import { createRequire } from 'node:module';
import type pg from 'pg';
import { serialize } from 'pg-protocol';
import { errorCode } from './failures.js';

/** One statement with `$1` placeholders. */
export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  /** Its values are part of its text, so that it is hardly ever sent again: not worth a name. */
  readonly isOneOff?: boolean;
}

/** One whose values are as they will travel: whoever changes an object later changes nothing of it. */
export interface Prepared {
  readonly text: string;
  readonly name: string;
  readonly values: readonly Value[];
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

/** The protocol counts the values of a statement in two bytes. */
const MOST_VALUES = 65_535;

/** @throws for what cannot be sent: a cyclic object, a symbol, a function, or too much at once. */
export function prepare({ text, values = [], isOneOff = false }: Statement): Prepared {
  if (values.length > MOST_VALUES)
    throw new RangeError(
      `A statement takes at most ${MOST_VALUES} values, and this one has ${values.length}: pass arrays, and unnest them.`,
    );
  return { text, name: isOneOff ? '' : nameOf(text), values: values.map(sendable) };
}

function sendable(value: unknown): Value {
  if (typeof value === 'symbol' || typeof value === 'function')
    throw new TypeError(`A ${typeof value} cannot be sent to the database: ${String(value).slice(0, 80)}`);
  return prepareValue(value);
}

/** `pg`'s connection, as far as it is used here. */
interface Wire {
  readonly stream: { write(bytes: Buffer): unknown };
}

const DESCRIBE = serialize.describe({ type: 'P', name: '' });
const EXECUTE = serialize.execute({ portal: '' });
const SYNC = serialize.sync();

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

/** Somebody has made the server forget a name (DEALLOCATE, DISCARD), and so perhaps all of them. */
const NO_SUCH_NAME = '26000';

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
    private readonly statements: readonly Prepared[],
    private readonly done: (error: Error | undefined, results: StatementResult[]) => void,
  ) {}

  /** In one piece: many small ones cost the system more than the copying. */
  submit(wire: Wire): void {
    this.names = namesOf(wire);
    const pieces: Buffer[] = [];
    for (const statement of this.statements) this.write(pieces, statement);
    pieces.push(SYNC);
    wire.stream.write(Buffer.concat(pieces));
  }

  private write(pieces: Buffer[], { text, name, values }: Prepared): void {
    const known = this.names.get(name);
    if (name === '' || known !== true) {
      if (known === false) pieces.push(serialize.close({ type: 'S', name }));
      pieces.push(serialize.parse({ name, text }));
      if (name !== '') this.names.set(name, true);
      this.first.push(name);
    }
    pieces.push(serialize.bind({ portal: '', statement: name, values: values as Value[] }), DESCRIBE, EXECUTE);
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

  /** The server waits for rows that nobody has. When another statement follows, it has given up by itself. */
  handleCopyInResponse(wire: Wire): void {
    if (this.results.length < this.statements.length - 1) return;
    const why = 'COPY … FROM STDIN is not for here: insert the rows, from arrays that are unnested.';
    // With a Sync: the one that travelled with the statement was taken for a part of the rows.
    wire.stream.write(Buffer.concat([serialize.copyFail(why), SYNC]));
  }

  handleCopyData(): void {}

  handleError(error: Error): void {
    if (this.failed) return;
    this.failed = true;
    const at = this.results.length;
    // Which of the new names the server still got to know is not worth finding out; the failed one may be out of date.
    const unsure = errorCode(error) === NO_SUCH_NAME ? this.names.keys() : this.first;
    for (const name of unsure) this.names.set(name, false);
    const culprit = this.statements[at];
    if (culprit) this.names.set(culprit.name, false);
    this.done(new StatementFailed(at, error), this.results);
  }

  handleReadyForQuery(): void {
    this.done(undefined, this.results);
  }
}

function namesOf(wire: Wire): Map<string, boolean> {
  const known = prepared.get(wire) ?? new Map<string, boolean>();
  prepared.set(wire, known);
  return known;
}
