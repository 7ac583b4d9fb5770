import Big from 'big.js';

export interface Money {
  amount: string;
  currency: string;
}

/** The file states its prices in pounds sterling. */
export const CURRENCY = 'GBP';

export const ZERO = new Big(0);

/** The shop's notation of an amount: every decimal that counts, at least two. */
export function amountOf(value: Big | string): string {
  const plain = new Big(value).toFixed();
  const decimals = plain.split('.')[1]?.length ?? 0;
  return decimals >= 2 ? plain : new Big(plain).toFixed(2);
}

export function moneyOf(amount: Big | string): Money {
  return { amount: amountOf(amount), currency: CURRENCY };
}

/** What the shop says, as a number to count with; another currency would make any sum of it a lie. */
export function amountIn({ amount, currency }: Money): Big {
  if (currency !== CURRENCY) throw new Error(`expected an amount in ${CURRENCY}, got ${amount} ${currency}`);
  return new Big(amount);
}

export function sumOf(amounts: Iterable<Big>): Big {
  let sum = ZERO;
  for (const amount of amounts) sum = sum.plus(amount);
  return sum;
}
