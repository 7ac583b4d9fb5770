import Big from 'big.js';
import { DomainError } from '#kernel/contract/domain-error';
import { type Money, money } from '#kernel/contract/money';

/** What somebody asks for; without a price of its own, at the catalog's. */
export interface WantedLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice?: Money | undefined;
}

/** What orders knows of a product, from the catalog's events. */
export interface Offer {
  readonly sku: string;
  readonly price: Money;
  readonly stocked: boolean;
}

export interface OrderLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: Money;
  readonly stocked: boolean;
}

/** The most that a total may be: what fits the amount of a message. */
const HIGHEST_TOTAL = new Big('99999999999999.9999');

/**
 * Puts a price on every line, all in one currency.
 * @throws DomainError naming every line that cannot be had.
 */
export function priceLines(wanted: readonly WantedLine[], offers: readonly Offer[]): OrderLine[] {
  const bySku = new Map(offers.map((offer) => [offer.sku, offer]));
  const errors = wanted.flatMap(({ sku, unitPrice }, at) => {
    const offer = bySku.get(sku);
    if (!offer) return [{ field: `lines[${at}].sku`, message: `There is no product "${sku}".` }];
    if (unitPrice === undefined || unitPrice.currency === offer.price.currency) return [];
    const message = `"${sku}" is sold in ${offer.price.currency}, not in ${unitPrice.currency}.`;
    return [{ field: `lines[${at}].unitPrice.currency`, message }];
  });
  if (errors.length > 0) {
    throw new DomainError('unprocessable', 'lines-not-for-sale', 'Some lines cannot be ordered.', { errors });
  }
  return wanted.map(({ sku, quantity, unitPrice }) => {
    const { price, stocked } = bySku.get(sku) as Offer;
    const { amount, currency } = unitPrice ?? price;
    return { sku, quantity, unitPrice: money(amount, currency), stocked };
  });
}

/** The exact sum, in the lines' own currency; nothing is rounded. */
export function totalOf(lines: readonly OrderLine[]): Money {
  const [first] = lines;
  if (!first) throw new Error('No lines, no total: there is no currency to give it in.');
  const { currency } = first.unitPrice;
  const total = lines.reduce(
    (sum, { quantity, unitPrice }) => sum.plus(new Big(unitPrice.amount).times(quantity)),
    new Big(0),
  );
  if (total.gt(HIGHEST_TOTAL)) {
    const message = `A total of ${total.toFixed()} ${currency} is more than ${HIGHEST_TOTAL.toFixed()}: split the order.`;
    throw new DomainError('unprocessable', 'total-too-large', message);
  }
  return money(total, currency);
}

/** The lines that inventory keeps, one a SKU. */
export function stockedLines(lines: readonly OrderLine[]): { sku: string; quantity: number }[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity, stocked } of lines) {
    if (stocked) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  }
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}
