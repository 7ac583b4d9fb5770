/** A database that the system cannot run on. `message` says what was found, `mend` what to do about it; neither holds a password. */
export class DatabaseNotUsable extends Error {
  override readonly name = 'DatabaseNotUsable';

  constructor(
    message: string,
    readonly mend: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
