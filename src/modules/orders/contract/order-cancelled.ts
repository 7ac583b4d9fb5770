import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The order is undone: stock released, money given back. */
export const OrderCancelled = defineEvent(
  'orders.order-cancelled.v1',
  'orderId',
  z.strictObject({
    orderId: z.uuid(),
  }),
);
