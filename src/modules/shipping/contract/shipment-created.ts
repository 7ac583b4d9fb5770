import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** A shipment waits for dispatch. */
export const ShipmentCreated = defineEvent(
  'shipping.shipment-created.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
