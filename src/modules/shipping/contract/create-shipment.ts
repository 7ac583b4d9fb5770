import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** Prepares a shipment. Answered by shipment-created. */
export const CreateShipment = defineCommand(
  'shipping.create-shipment.v1',
  'reference',
  z.strictObject({
    /** The caller's own id of what this is for; echoed in the answer. */
    reference: z.uuid(),
    /** Null for a guest. */
    customerId: z.uuid().nullable(),
    lines: z.array(z.strictObject({ sku: z.string().max(40), quantity: z.int().positive() })).max(1000),
  }),
);
