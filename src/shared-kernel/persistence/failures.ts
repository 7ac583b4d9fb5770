/** The SQLSTATE of a PostgreSQL error, or Node's code of a socket error, however deep a driver has wrapped it. */
export function errorCode(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
  }
  return undefined;
}

/** Two transactions stood in each other's way; one was chosen to go, and going again is the remedy. */
export function isSerializationFailure(error: unknown): boolean {
  const code = errorCode(error);
  return code === '40P01' || code === '40001';
}

/** The database of a module is away. The work itself is not at fault: it waits and is done again unchanged. */
export class DatabaseAway extends Error {
  constructor(module: string, cause: unknown) {
    super(`The database of ${module} is away: ${asError(cause).message}`, { cause });
  }
}

/** SQLSTATE classes: 08 connection exception, 53 insufficient resources, 57P operator intervention, 25006 read-only. */
const UNAVAILABLE = /^(?:08...|53...|57P..|25006|E(?:CONN|PIPE|HOST|NET|NOTFOUND|AI_)[A-Z_]*|ETIMEDOUT)$/;
const LOST =
  /Connection terminated|not queryable|connection timeout|timeout exceeded when trying to connect|driver has already been destroyed/i;

/** Whether a request failed because a database is away, full or closing: worth a 503 and another try. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof DatabaseAway) return true;
  const code = errorCode(error);
  if (code !== undefined && UNAVAILABLE.test(code)) return true;
  return error instanceof Error && LOST.test(error.message);
}

/** A unique constraint refused the row; `constraint` names which one. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (errorCode(error) !== '23505') return false;
  return constraint === undefined || (error instanceof Error && error.message.includes(constraint));
}

/** Whatever was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** MikroORM adds the server's detail to its messages, which quotes rows: e-mail addresses, password hashes. */
const ROWS = /\n - (?:detail|hint): [\s\S]*?(?=\n {4}at |$)/g;

/** A message or a stack without what it quotes of the data. */
export function withoutRows(text: string): string {
  return text.replace(ROWS, '');
}
