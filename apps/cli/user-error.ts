/**
 * Something the user can put right: printed as one sentence on stderr, without a stack trace, and the command ends with
 * `exitCode`. `mend` says what to do.
 */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    message: string,
    readonly mend: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** True for a UserError and for the errors of other apps that carry a `mend` of their own. */
export function isMendable(error: unknown): error is Error & { mend: string } {
  return error instanceof Error && 'mend' in error && typeof error.mend === 'string';
}

/** What the user reads of any error: a mendable one as its sentences, an unexpected one as its message. */
export function explain(error: unknown): string {
  if (isMendable(error)) return `${error.message}${error.message.includes('\n') ? '\n' : ' '}${error.mend}`;
  return `Something unexpected went wrong: ${error instanceof Error ? error.message || error.name : String(error)}`;
}
