import Big from 'big.js';
import { z } from 'zod';

/** At most 14 digits before the point and 4 after it, no sign, no exponent. */
const AMOUNT = /^(?:0|[1-9][0-9]{0,13})(?:\.[0-9]{1,4})?$/;

/**
 * An amount of money in messages and answers: a decimal string and an ISO 4217 code. A scalar like a timestamp, not a
 * model: no float ever touches it, and nobody rounds.
 */
export const Money = z.strictObject({
  amount: z.string().regex(AMOUNT, 'must be a decimal string such as "2.55", with at most 4 decimals and no sign'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code such as "GBP"'),
});
export type Money = z.infer<typeof Money>;

/** The written form: at least two decimals, no superfluous zeros beyond them (`"2.5"` is `"2.50"`). */
export function money(amount: Big | string, currency: string): Money {
  const exact = new Big(amount);
  return { amount: exact.toFixed(Math.max(2, Math.min(4, decimals(exact)))), currency };
}

function decimals(value: Big): number {
  return Math.max(0, value.c.length - 1 - value.e);
}
