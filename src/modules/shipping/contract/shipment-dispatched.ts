import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The shipment has left the house. */
export const ShipmentDispatched = defineEvent(
  'shipping.shipment-dispatched.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
