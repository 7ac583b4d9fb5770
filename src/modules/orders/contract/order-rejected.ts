import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The order cannot be met; nothing is reserved or charged. */
export const OrderRejected = defineEvent(
  'orders.order-rejected.v1',
  'orderId',
  z.strictObject({
    orderId: z.uuid(),
    reason: z.string(),
  }),
);
