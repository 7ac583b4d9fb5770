import { z } from 'zod';
import { defineEvent } from '#kernel/contract/message';

/** The reserved goods have left the house. */
export const ReservationFulfilled = defineEvent(
  'inventory.reservation-fulfilled.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
