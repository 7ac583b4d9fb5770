import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** All lines of a reservation are set aside. */
export const StockReserved = defineEvent(
  'inventory.stock-reserved.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
