import { DomainError } from '#kernel/contract/domain-error';
import { type Money, money } from '#kernel/contract/money';

/** What a customer is owed for goods that came back, once for each return. */
export class CreditNote {
  readonly reference: string;
  /** Null for a guest. */
  readonly customerId: string | null;
  private readonly amount: string;
  private readonly currency: string;

  constructor(details: { reference: string; customerId: string | null; amount: Money }) {
    const { amount, currency } = money(details.amount.amount, details.amount.currency);
    this.reference = details.reference;
    this.customerId = details.customerId;
    this.amount = amount;
    this.currency = currency;
  }

  get total(): Money {
    return money(this.amount, this.currency);
  }
}

export function unknownCreditNote(reference: string): DomainError {
  return new DomainError('not-found', 'unknown-credit-note', `There is no credit note for the return ${reference}.`);
}
