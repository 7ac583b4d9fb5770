import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** Asks the payment provider to set an amount aside. Answered by payment-authorised or payment-declined. */
export const AuthorisePayment = defineCommand(
  'billing.authorise-payment.v1',
  'reference',
  z.strictObject({
    /** The caller's own id of what this is for; echoed in the answer. */
    reference: z.uuid(),
    /** Null for a guest. */
    customerId: z.uuid().nullable(),
    amount: Money,
    /** The payment provider's one-time token; never a card number. */
    token: z.string().min(1).max(200),
  }),
);
