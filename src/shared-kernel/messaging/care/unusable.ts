import { DomainError } from '../../contract/domain-error.js';
import { asError, errorCode, isUnavailable } from '../../persistence/failures.js';
import type { ModuleDatabase } from './module-under-care.js';
import type { Unreadable } from './views.js';

/** SQLSTATE: insufficient privilege. */
const LACKS_PRIVILEGE = '42501';
/** SQLSTATE: undefined table, column, function. */
const LACKS_TABLES = ['42P01', '42703', '42883'];
const RETRY_AFTER_SECONDS = 2;

/** The tables of one module cannot be used now, which says nothing of any other module's. */
export class ModuleNotUsable extends DomainError {
  constructor(
    readonly module: string,
    problem: string,
    options: { retryAfterSeconds?: number } = {},
  ) {
    super('unavailable', 'module-not-usable', problem, options);
  }
}

/** The same database; what keeps it from being used is told in a sentence, with the mend. */
export function explaining(database: ModuleDatabase): ModuleDatabase {
  const { module } = database;
  const explained = (error: unknown): never => {
    throw notUsable(module, asError(error)) ?? error;
  };
  return {
    module,
    query: <Row>(text: string, values?: unknown[]) => database.query<Row>(text, values).catch(explained),
    transaction: (work) => database.transaction(work).catch(explained),
  };
}

function notUsable(module: string, error: Error & { mend?: unknown }): ModuleNotUsable | undefined {
  const code = errorCode(error) ?? '';
  if (typeof error.mend === 'string') return new ModuleNotUsable(module, `${error.message} ${error.mend}`);
  if (code === LACKS_PRIVILEGE)
    return new ModuleNotUsable(
      module,
      `The role of module ${module} lacks a privilege: ${error.message}. ` +
        'Grant it again as the owner of the schema; docs/messages.md has the statements.',
    );
  if (LACKS_TABLES.includes(code))
    return new ModuleNotUsable(
      module,
      `The tables of module ${module} are missing, of another version, or in a schema that its role may not use: ` +
        `${error.message}. Start the system once with this version (npm start), which brings them up to date; ` +
        'docs/messages.md has the statements for a role.',
    );
  if (isUnavailable(error))
    return new ModuleNotUsable(module, `The database of module ${module} is away. Try again shortly.`, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  return undefined;
}

/** What was read, or why nothing could be. */
export function orNotUsable<Result>(reading: Promise<Result>): Promise<Result | ModuleNotUsable> {
  return reading.catch((error) => {
    if (error instanceof ModuleNotUsable) return error;
    throw error;
  });
}

interface Read<Result> {
  readonly found: Result[];
  readonly failures: readonly ModuleNotUsable[];
}

/**
 * Everything that could be read, and what kept the rest from it.
 * @throws ModuleNotUsable when there was something to read, and nothing of it could be
 */
export async function readAll<Result>(readings: readonly Promise<Result>[]): Promise<Read<Result>> {
  const all = await Promise.all(readings.map(orNotUsable));
  const failures = all.filter((each) => each instanceof ModuleNotUsable);
  const found = all.filter((each): each is Awaited<Result> => !(each instanceof ModuleNotUsable));
  const [first] = failures;
  if (first && found.length === 0) throw first;
  return { found, failures };
}

/** As the views have it: each problem of a module once. */
export function unreadable(failures: readonly ModuleNotUsable[]): Unreadable {
  return [...new Map(failures.map((each) => [each.message, each])).values()].map(({ module, message }) => ({
    module,
    problem: message,
  }));
}
