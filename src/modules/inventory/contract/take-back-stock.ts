import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Returned goods go back on the shelf. Answered by stock-taken-back. */
export const TakeBackStock = defineCommand(
  'inventory.take-back-stock.v1',
  'reference',
  z.strictObject({
    /** The caller's own id of what this is for; echoed in the answer. */
    reference: z.uuid(),
    lines: z
      .array(z.strictObject({ sku: z.string().min(1).max(40), quantity: z.int().positive() }))
      .min(1)
      .max(1000),
  }),
);
