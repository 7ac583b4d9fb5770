import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Sets stock aside, all lines or none. Answered by stock-reserved or stock-refused. */
export const ReserveStock = defineCommand(
  'inventory.reserve-stock.v1',
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
