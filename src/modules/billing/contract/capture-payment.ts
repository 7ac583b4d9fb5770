import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Takes the authorised amount. Answered by payment-captured or payment-declined. */
export const CapturePayment = defineCommand(
  'billing.capture-payment.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
