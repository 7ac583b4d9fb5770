import { z } from 'zod';

/**
 * Keyset pagination: `after` is the `next` of the page before, opaque to the client. Spread into a query's schema:
 * `z.object({ ...pageQuery, status: … })`. A query string holds only strings: `limit` is read from its digits, and
 * documented as the integer that a client has in mind.
 */
export const pageQuery = {
  after: z.string().min(1).max(500).optional().describe('`next` of the page before'),
  limit: z
    .string()
    .refine((text) => /^\d{1,3}$/.test(text), 'must be a whole number from 1 to 200')
    .transform(Number)
    .pipe(z.int().min(1).max(200))
    .default(50)
    .meta({ type: 'integer', minimum: 1, maximum: 200, description: 'how many items at most; 50 unless said' }),
};

export interface Page<Item> {
  items: Item[];
  /** What to send as `after` for the next page; null on the last one. */
  next: string | null;
}

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), next: z.string().nullable() });
}
