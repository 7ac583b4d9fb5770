import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** Nothing is set aside for this reference any more. */
export const StockReleased = defineEvent(
  'inventory.stock-released.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
