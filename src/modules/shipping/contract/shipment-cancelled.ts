import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The shipment will not leave the house. */
export const ShipmentCancelled = defineEvent(
  'shipping.shipment-cancelled.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
