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
  /** The same each time: what is sent for it is put together once. */
  readonly bind?: Buffer;
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

/** A statement that is sent over and over with the same values. */
export function always(statement: Statement): Prepared {
  const prepared = prepare(statement);
  return { ...prepared, bind: bindOf(prepared) };
}

/** @throws for what cannot be sent: a cyclic object, a symbol, a function, or too much at once. */
export function prepare(statement: Statement | Prepared): Prepared {
  if ('name' in statement) return statement;
  const { text, values = [], isOneOff = false } = statement;
  if (values.length > MOST_VALUES)
    throw new RangeError(
      `A statement takes at most ${MOST_VALUES} values, and this one has ${values.length}: pass arrays, and unnest them.`,
    );
  return { text, name: isOneOff ? '' : nameOf(text), values: values.map(sendable) };
}

function bindOf({ name, values }: Prepared): Buffer {
  return serialize.bind({ portal: '', statement: name, values: values as Value[] });
}

function sendable(value: unknown): Value {
  if (typeof value === 'symbol' || typeof value === 'function')
    throw new TypeError(`A ${typeof value} cannot be sent to the database: ${String(value).slice(0, 80)}`);
  return Array.isArray(value) && value.every(isPlain) ? arrayOf(value) : prepareValue(value);
}

function isPlain(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}

/** What `pg` would make of it, without looking at each character twice: batches are mostly arrays. Source: PostgreSQL manual, "8.15.6. Array Input and Output Syntax". */
function arrayOf(values: readonly (string | number)[]): string {
  let text = '{';
  for (let n = 0; n < values.length; n++) {
    const value = values[n] as string | number;
    const separator = n === 0 ? '' : ',';
    if (typeof value === 'number') text += `${separator}${value}`;
    else if (value.includes('"') || value.includes('\\'))
      text += `${separator}"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
    else text += `${separator}"${value}"`;
  }
  return `${text}}`;
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

/** What a connection knows of a name. */
interface Known {
  /** False when a failure left open whether the server has it. */
  readonly isSure: boolean;
  /** Of its result; undefined until the server has described it. It cannot change: the server refuses such a statement. */
  columns: readonly Column[] | undefined;
}

const knownOn = new WeakMap<Wire, Map<string, Known>>();

/**
 * Sends statements in one network round trip, and asks for the outcome once, at their end. When one fails the server
 * passes by all after it, a COMMIT among them too. Outside a transaction block they make one transaction of their own,
 * in which each statement takes its own snapshot (READ COMMITTED).
 * Source: PostgreSQL manual, "55.2.4. Pipelining" and "55.2.3. Extended Query".
 */
export class StatementBatch {
  private readonly results: StatementResult[] = [];
  private rows: Record<string, unknown>[] = [];
  private names = new Map<string, Known>();
  /** What is known of each statement's result, in their order. */
  private readonly known: Known[] = [];
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

  private write(pieces: Buffer[], statement: Prepared): void {
    const { text, name, bind } = statement;
    let known = this.names.get(name);
    if (!known?.isSure) {
      if (known) pieces.push(serialize.close({ type: 'S', name }));
      pieces.push(serialize.parse({ name, text }));
      known = { isSure: true, columns: undefined };
      if (name !== '') this.names.set(name, known);
      this.first.push(name);
    }
    this.known.push(known);
    pieces.push(bind ?? bindOf(statement));
    if (!known.columns) pieces.push(DESCRIBE);
    pieces.push(EXECUTE);
  }

  handleRowDescription({ fields }: { fields: readonly { name: string; dataTypeID: number }[] }): void {
    this.current.columns = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: this.client.getTypeParser(dataTypeID, 'text') as Column['parse'],
    }));
  }

  /** Of the statement that the server answers now. */
  private get current(): Known {
    return this.known[this.results.length] as Known;
  }

  handleDataRow({ fields: values }: { fields: readonly (string | null)[] }): void {
    const columns = this.current.columns as readonly Column[];
    const row: Record<string, unknown> = {};
    for (let n = 0; n < columns.length; n++) {
      const { name, parse } = columns[n] as Column;
      const value = values[n] as string | null;
      row[name] = value === null ? null : parse(value);
    }
    this.rows.push(row);
  }

  handleCommandComplete({ text }: { text: string }): void {
    // One that has no result is not described either.
    this.current.columns ??= [];
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
    for (const name of unsure) this.doubt(name);
    const culprit = this.statements[at];
    if (culprit) this.doubt(culprit.name);
    this.done(new StatementFailed(at, error), this.results);
  }

  private doubt(name: string): void {
    if (name !== '') this.names.set(name, { isSure: false, columns: undefined });
  }

  handleReadyForQuery(): void {
    this.done(undefined, this.results);
  }
}

function namesOf(wire: Wire): Map<string, Known> {
  const known = knownOn.get(wire) ?? new Map<string, Known>();
  knownOn.set(wire, known);
  return known;
}
