import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';
import { Money } from '#kernel/contract/money';

/** An order was taken; what becomes of it is decided by stock and payment. */
export const OrderPlaced = defineEvent(
  'orders.order-placed.v1',
  'orderId',
  z.strictObject({
    orderId: z.uuid(),
    /** Null for a guest. */
    customerId: z.uuid().nullable(),
    lines: z
      .array(z.strictObject({ sku: z.string().min(1).max(40), quantity: z.int().positive(), unitPrice: Money }))
      .min(1)
      .max(1000),
    total: Money,
  }),
);
