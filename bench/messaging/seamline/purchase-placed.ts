import { z } from 'zod';
import { defineEvent } from '../../../src/shared-kernel/contract/message.js';

export const PurchasePlaced = defineEvent(
  'purchases.purchase-placed.v1',
  'customer',
  z.strictObject({ purchase: z.uuid(), customer: z.string(), amount: z.string() }),
);
