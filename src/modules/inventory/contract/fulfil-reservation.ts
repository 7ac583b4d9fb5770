import { z } from 'zod';
import { defineCommand } from '#kernel/contract/message';

/** The reserved goods leave the house. Answered by reservation-fulfilled. */
export const FulfilReservation = defineCommand(
  'inventory.fulfil-reservation.v1',
  'reference',
  z.strictObject({
    reference: z.uuid(),
  }),
);
