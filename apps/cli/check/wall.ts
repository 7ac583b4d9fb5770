/** The walls between modules; also what `--only` takes. */
export const WALLS = ['imports', 'database', 'contracts', 'topology'] as const;
export type WallName = (typeof WALLS)[number];

/** What must hold. */
export interface Rule {
  /** As `only-a-modules-contract`. */
  readonly name: string;
  readonly wall: WallName;
  /** Why it is there, in one sentence. */
  readonly why: string;
  /** What to do about a violation, in the imperative. */
  readonly mend: string;
}

/** One thing that breaks a rule. */
export interface Violation {
  /** The name of the rule. */
  readonly rule: string;
  /** Below the root, with slashes; where it is to be mended. */
  readonly file: string;
  /** From 1, where one can be told. */
  readonly line?: number | undefined;
  /** One line in words: `imports #modules/billing/domain/payment (src/modules/billing/domain/payment.ts)`. */
  readonly what: string;
  /**
   * What makes it the same violation tomorrow, beside its rule and file: what is imported, which table is named. Never
   * holds a line number.
   */
  readonly subject: string;
}

export interface WallOptions {
  /** A server to look at, instead of a scratch one; for the database wall. */
  readonly databaseUrl?: string | undefined;
  /** Tells what was left out and why, or how far a long look has come. */
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** One of the four: its rules for a repository, and what breaks them there. */
export interface Wall {
  readonly name: WallName;
  /** Every rule there is below `root`; those that are made for single modules too. */
  rules(root: string): Promise<readonly Rule[]>;
  /**
   * All violations below `root`, an absolute path; those of a broken repository too.
   * @throws UserError when it cannot look at all
   */
  violations(root: string, options: WallOptions): Promise<readonly Violation[]>;
}
