import { DomainError } from '../../contract/domain-error.js';
import { suggestion } from './near-names.js';

/** Statements with `$1` placeholders in a module's schema, as the module's role. */
export interface Queries {
  query<Row>(text: string, values?: unknown[]): Promise<Row[]>;
}

/**
 * A module's own tables. In a running app this is the module's unit of work; the command line, which must work when
 * nothing runs, has a plain connection.
 */
export interface ModuleDatabase extends Queries {
  readonly module: string;
  /** Behind the module's fence; what `work` throws rolls all back. */
  transaction<Result>(work: (tx: Queries) => Promise<Result>): Promise<Result>;
}

export interface ModuleUnderCare {
  readonly database: ModuleDatabase;
  /** The types of messages that this version of the module takes, wherever they come from. */
  readonly takes: readonly string[];
}

/** @throws DomainError with the names there are */
export function moduleNamed(name: string, modules: readonly ModuleUnderCare[]): ModuleUnderCare {
  const found = modules.find(({ database }) => database.module === name);
  if (found) return found;
  const names = modules.map(({ database }) => database.module);
  throw new DomainError('unprocessable', 'unknown-module', `There is no module "${name}". ${suggestion(name, names)}`);
}

/** The one that is named, or all. */
export function modulesMeant(
  name: string | undefined,
  modules: readonly ModuleUnderCare[],
): readonly ModuleUnderCare[] {
  return name === undefined ? modules : [moduleNamed(name, modules)];
}
