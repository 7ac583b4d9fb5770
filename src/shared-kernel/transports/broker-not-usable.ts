/** A broker that messages cannot go over. `message` says what was found, `mend` what to do about it; neither holds a password. */
export class BrokerNotUsable extends Error {
  override readonly name = 'BrokerNotUsable';

  constructor(
    message: string,
    readonly mend: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
