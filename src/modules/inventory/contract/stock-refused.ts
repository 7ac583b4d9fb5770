import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** Nothing was set aside: some lines ask for more than is available, or, without shortages, it was released before. */
export const StockRefused = defineEvent(
  'inventory.stock-refused.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
    shortages: z.array(
      z.strictObject({
        sku: z.string().min(1).max(40),
        requested: z.int().positive(),
        available: z.int().nonnegative(),
      }),
    ),
  }),
);
