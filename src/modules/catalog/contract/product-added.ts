import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** A product may be sold from now on. */
export const ProductAdded = defineEvent(
  'catalog.product-added.v1',
  'sku',
  z.strictObject({
    sku: z.string().min(1).max(40),
    name: z.string(),
    price: Money,
    /** False for what is sold but not kept in stock, as postage. */
    stocked: z.boolean(),
  }),
);
