import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The goods are on their way. */
export const OrderShipped = defineEvent(
  'orders.order-shipped.v1',
  'orderId',
  z.strictObject({
    orderId: z.uuid(),
  }),
);
