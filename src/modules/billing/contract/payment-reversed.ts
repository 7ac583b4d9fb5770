import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** No money of this payment is held or kept any more. */
export const PaymentReversed = defineEvent(
  'billing.payment-reversed.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
