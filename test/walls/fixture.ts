import type { Files } from '../architecture/source-tree.js';

/** A few files that break one rule of a wall, and nearly the same files that break none. */
export interface Fixture {
  readonly rule: string;
  /** What it shows, in words: which form, which trick. */
  readonly form: string;
  readonly broken: Files;
  readonly clean: Files;
}
