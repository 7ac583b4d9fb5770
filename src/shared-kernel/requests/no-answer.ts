/**
 * Why there is none: the time was over; the asker no longer wanted one; nothing could be sent, or nobody knows what became
 * of it; there are too many questions at once; nobody there answers this query; what was asked or answered breaks its
 * contract; or the answerer failed.
 */
export const REASONS = [
  'deadline',
  'cancelled',
  'unreachable',
  'overloaded',
  'nobody-answers',
  'broken-contract',
  'failed',
] as const;
export type Reason = (typeof REASONS)[number];

/** A query has no answer now, for whatever reason that is not its owner's own word. Its asker goes on without one. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(
    readonly reason: Reason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
