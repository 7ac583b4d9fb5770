import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** The money has been taken. */
export const PaymentCaptured = defineEvent(
  'billing.payment-captured.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
    amount: Money,
  }),
);
