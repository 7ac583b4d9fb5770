import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** A product's price is another one from now on. */
export const PriceChanged = defineEvent(
  'catalog.price-changed.v1',
  'sku',
  z.strictObject({
    sku: z.string().min(1).max(40),
    price: Money,
  }),
);
