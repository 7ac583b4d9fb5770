import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Stops a shipment that is still here. Answered by shipment-cancelled or shipment-cancellation-refused. */
export const CancelShipment = defineCommand(
  'shipping.cancel-shipment.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
