import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** Stock is reserved, money is taken, a shipment waits. */
export const OrderConfirmed = defineEvent(
  'orders.order-confirmed.v1',
  'orderId',
  z.strictObject({
    orderId: z.uuid(),
  }),
);
