import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The amount is set aside at the payment provider. */
export const PaymentAuthorised = defineEvent(
  'billing.payment-authorised.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
