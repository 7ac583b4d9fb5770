import { z } from 'zod';
import { defineQuery } from '#kernel/contract/query';

/** Whether a payment with this token could be expected to go through. It charges nothing and sets nothing aside. */
export const PaymentProspect = defineQuery(
  'billing.payment-prospect.v1',
  z.strictObject({
    /** The payment provider's one-time token; never a card number. */
    token: z.string().min(1).max(200),
  }),
  z.strictObject({ payment: z.enum(['likely', 'unlikely']) }),
);
