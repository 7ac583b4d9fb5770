export type DomainErrorKind =
  | 'not-found'
  | 'conflict'
  | 'unprocessable'
  | 'forbidden'
  | 'unauthorized'
  | 'too-many'
  | 'unavailable';

export interface FieldError {
  /** Where in the input, as in `lines[0].quantity`. */
  field: string;
  /** What is wrong there and how to mend it. */
  message: string;
}

/**
 * The one way a module refuses: thrown by its domain or a use case, turned into a problem document at the HTTP edge.
 * `code` is stable and public, kebab-case, such as `unknown-sku`; `message` says what was wrong, with the value.
 */
export class DomainError extends Error {
  readonly errors: FieldError[] | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly kind: DomainErrorKind,
    readonly code: string,
    message: string,
    options: { errors?: FieldError[]; retryAfterSeconds?: number } = {},
  ) {
    super(message);
    this.name = 'DomainError';
    this.errors = options.errors;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
