import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** It is too late to stop the shipment. */
export const ShipmentCancellationRefused = defineEvent(
  'shipping.shipment-cancellation-refused.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
    reason: z.string(),
  }),
);
