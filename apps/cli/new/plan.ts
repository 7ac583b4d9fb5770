/** What is to be written, and nothing else is touched. */
export interface Plan {
  /** Files that are not there yet, by their path below the root. */
  readonly created: Files;
  readonly changed: readonly Change[];
  /** The names of the messages that are new. */
  readonly messages: readonly string[];
  /** What the user may want to do next. */
  readonly next: readonly string[];
}

/** The text of files, by their path below the root, with slashes. */
export type Files = Readonly<Record<string, string>>;

export interface Change {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}
