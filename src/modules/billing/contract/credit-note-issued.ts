import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** A customer has been credited. */
export const CreditNoteIssued = defineEvent(
  'billing.credit-note-issued.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
    amount: Money,
  }),
);
