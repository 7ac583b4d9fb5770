import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Gives a reservation back, or does nothing where there is none. Answered by stock-released. */
export const ReleaseStock = defineCommand(
  'inventory.release-stock.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
