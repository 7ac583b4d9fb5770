import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Voids an authorisation, refunds a capture, or does nothing where there is neither. Answered by payment-reversed. */
export const ReversePayment = defineCommand(
  'billing.reverse-payment.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
