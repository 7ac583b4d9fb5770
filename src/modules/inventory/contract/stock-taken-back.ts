import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** Returned goods are on the shelf again. */
export const StockTakenBack = defineEvent(
  'inventory.stock-taken-back.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
