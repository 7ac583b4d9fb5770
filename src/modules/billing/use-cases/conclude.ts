import type { Transaction } from '#kernel/persistence/unit-of-work';
import { currentContext } from '#kernel/telemetry/context';
import { PaymentAuthorised } from '../contract/payment-authorised.js';
import { PaymentCaptured } from '../contract/payment-captured.js';
import { PaymentDeclined } from '../contract/payment-declined.js';
import { PaymentReversed } from '../contract/payment-reversed.js';
import { type Payment, type PaymentFact, REVERSED } from '../domain/payment.js';

/**
 * Stores what a command made of a payment, and tells the fact that came of it, if any. What the provider still has to
 * answer is told in the context of now, so that one request's trace leads through the provider.
 */
export async function conclude(tx: Transaction, payment: Payment, fact: PaymentFact | undefined): Promise<void> {
  payment.context = currentContext() ?? null;
  await tx.em.persist(payment).flush();
  tell(tx, payment, fact);
}

/** To be called once the payment has been flushed: its version is the message's sequence. */
export function tell(tx: Transaction, payment: Payment, fact: PaymentFact | undefined): void {
  const { reference, version } = payment;
  if (fact === 'authorised') tx.publish(PaymentAuthorised, { reference }, version);
  if (fact === 'captured') tx.publish(PaymentCaptured, { reference, amount: payment.captured }, version);
  if (fact === 'declined') tx.publish(PaymentDeclined, { reference, reason: payment.reason ?? REVERSED }, version);
  if (fact === 'reversed') tx.publish(PaymentReversed, { reference }, version);
}
