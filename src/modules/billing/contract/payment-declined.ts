import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** No money will come from this payment. */
export const PaymentDeclined = defineEvent(
  'billing.payment-declined.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
    reason: z.string(),
  }),
);
