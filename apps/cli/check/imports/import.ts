/**
 * How one file names another, which decides how the name is resolved:
 * - `import`, `require`: by Node's rules for each
 * - `mock`: by the rules for import; what a test framework is told to replace or to give
 * - `types`: `/// <reference types>`; `path`: a path beside the file, with or without `./`
 * - `url`: a URL beside the file; `start`: a path that a worker or process is started from
 * - `augmentation`: `declare module '…'`, which may also declare what is not there
 * - `unreadable`: one that cannot be told without running it
 * - `broken`: whatever comes after what breaks the grammar
 */
export type Form =
  | 'import'
  | 'require'
  | 'mock'
  | 'types'
  | 'path'
  | 'url'
  | 'start'
  | 'augmentation'
  | 'unreadable'
  | 'broken';

/** One place where a file names another. */
export interface Import {
  /** As it is written; of an unreadable one the expression, of a broken one what is wrong. */
  readonly specifier: string;
  readonly form: Form;
  /** From 1. */
  readonly line: number;
  readonly isTypeOnly?: true;
  /** Nothing is wrong when it leads nowhere. */
  readonly mayBeMissing?: true;
}
