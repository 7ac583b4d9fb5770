import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** Credits a customer for returned goods. Answered by credit-note-issued. */
export const IssueCreditNote = defineCommand(
  'billing.issue-credit-note.v1',
  'reference',
  z.strictObject({
    /** The caller's own id of what this is for; echoed in the answer. */
    reference: z.uuid(),
    /** Null for a guest. */
    customerId: z.uuid().nullable(),
    amount: Money,
  }),
);
