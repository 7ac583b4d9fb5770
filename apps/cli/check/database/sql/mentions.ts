import type { StaticRule } from '../rules.js';
import type { Place } from '../text.js';

/**
 * How sure one is that a text is SQL: `run` where it is handed to something that runs it; `found` for any string of a
 * program, which may as well be prose.
 */
export type Certainty = 'run' | 'found';

/** Something that a statement names with a schema, or does. */
export type Mention = (Named | Done) & {
  readonly place: Place;
  /** The statement, on one line. */
  readonly sql: string;
};

export interface Named {
  /** A key refers, a definition creates or changes, everything else uses. */
  readonly kind: 'use' | 'definition' | 'reference';
  readonly schema: string;
  readonly name: string;
  /** It may be something else, as a column of an alias; but not by chance when a module's schema is called so. */
  readonly isGuess: boolean;
}

export interface Done {
  readonly kind: 'deed';
  readonly rule: StaticRule;
  /** In SQL's words: `GRANT`, `SET search_path = billing`. */
  readonly what: string;
  /** Schemas that make it harmless when all of them are the module's own. */
  readonly unlessOnly?: readonly string[];
  /** Could be prose too: `grant admin to Bert`. */
  readonly isAmbiguous: boolean;
}
