import type { Money } from '#kernel/contract/money';

/** What the provider says. Refusals are answers, not errors. */
export type ProviderAnswer =
  | { kind: 'authorised'; providerReference: string }
  | { kind: 'declined'; reason: string }
  | { kind: 'captured' }
  | { kind: 'voided' }
  | { kind: 'refunded' };

/** All four calls about one payment carry the key of its authorisation: its reference may never have reached us. */
export interface ProviderRequest {
  /** Under one key the same call is done once and answered the same again, however often it is made. */
  readonly idempotencyKey: string;
  readonly amount: Money;
}

export interface AuthorisationRequest extends ProviderRequest {
  /** The provider's one-time token for a card that we never see. */
  readonly token: string;
}

/**
 * The company that moves the money. Each call may take forever, fail, or do its work and lose the answer; whoever
 * makes it sets a deadline by the signal, and asks again under the same key.
 */
export abstract class PaymentProvider {
  /** Whether an authorisation with this token could be expected to succeed. Nothing is charged or set aside. */
  abstract wouldAccept(token: string, signal: AbortSignal): Promise<boolean>;
  /** Sets the amount aside. */
  abstract authorise(request: AuthorisationRequest, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Takes what was set aside. */
  abstract capture(request: ProviderRequest, signal: AbortSignal): Promise<ProviderAnswer>;
  /** Gives back what was taken. */
  abstract refund(request: ProviderRequest, signal: AbortSignal): Promise<ProviderAnswer>;
  /**
   * Lets go of what is set aside, and of an authorisation that comes later under this key, so that it also ends one
   * whose outcome is unknown. Answers `captured` when it is too late for that.
   */
  abstract void(request: ProviderRequest, signal: AbortSignal): Promise<ProviderAnswer>;
}
