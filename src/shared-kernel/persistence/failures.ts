/** The SQLSTATE of a PostgreSQL error, or Node's code of a socket error, however deep a driver has wrapped it. */
export function errorCode(error: unknown): string | undefined {
  return serverErrorIn(error).code;
}

/** So deep no driver wraps; a chain of causes may lead back to itself. */
const DEEPEST_CAUSE = 10;

function serverErrorIn(error: unknown): { code?: string; routine?: unknown } {
  for (let cause = error, depth = 0; cause instanceof Error && depth < DEEPEST_CAUSE; cause = cause.cause, depth++) {
    if ('code' in cause && typeof cause.code === 'string')
      return { code: cause.code, routine: (cause as { routine?: unknown }).routine };
  }
  return {};
}

/**
 * Going again is the remedy: two transactions stood in each other's way and one was chosen to go, or a migration has
 * changed what a statement returns since it was prepared (0A000, "cached plan must not change result type").
 */
export function isSerializationFailure(error: unknown): boolean {
  const { code, routine } = serverErrorIn(error);
  return code === '40P01' || code === '40001' || (code === '0A000' && routine === 'RevalidateCachedQuery');
}

/** SQLSTATE: the server has ended the session, since it heard nothing from the transaction for too long. */
const SILENT = '25P03';

/** The work in a transaction, not the database, was at fault: it said nothing for too long. */
export function wasSilent(error: unknown): boolean {
  return errorCode(error) === SILENT;
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
  if (thrown instanceof Error) return thrown;
  try {
    return new Error(String(thrown));
  } catch {
    return new Error('Something was thrown that cannot be shown as text.');
  }
}

/** MikroORM adds the server's detail to its messages, which quotes rows: e-mail addresses, password hashes. */
const ROWS = /\n - (?:detail|hint): [\s\S]*?(?=\n {4}at |$)/g;

/** A message or a stack without what it quotes of the data. */
export function withoutRows(text: string): string {
  return text.replace(ROWS, '');
}
