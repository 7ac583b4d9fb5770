import { z } from 'zod';
import { defineQuery } from '#kernel/contract/query';

const quantity = z.int().nonnegative();

/**
 * Whether so many pieces could be set aside just now; it sets nothing aside. What is not kept in stock is never short. A
 * product that inventory has not heard of is refused as `unknown-sku`.
 */
export const Availability = defineQuery(
  'inventory.availability.v1',
  z.strictObject({
    lines: z
      .array(z.strictObject({ sku: z.string().min(1).max(40), quantity: z.int().positive() }))
      .min(1)
      .max(1000),
  }),
  z.strictObject({
    stock: z.enum(['available', 'short']),
    /** One a SKU of which there is too little; none where all is available. */
    shortages: z.array(z.strictObject({ sku: z.string(), requested: quantity, available: quantity })),
  }),
);
