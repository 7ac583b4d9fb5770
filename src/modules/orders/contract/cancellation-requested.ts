import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** Somebody entitled wants the order cancelled; whether it is not too late, shipping decides. */
export const CancellationRequested = defineEvent(
  'orders.cancellation-requested.v1',
  'orderId',
  z.strictObject({
    orderId: z.uuid(),
  }),
);
