import { DomainError } from '#kernel/contract/domain-error';
import { type Money, money } from '#kernel/contract/money';

/** The shop sells in one currency; a basket of several could not be paid in one go. */
export const SHOP_CURRENCY = 'GBP';

/** Something the shop sells, under a code that means nothing to us: case-sensitive, and never changed. */
export class Product {
  readonly sku: string;
  readonly name: string;
  /** False for what is sold but not kept in stock, as postage or a discount. */
  readonly stocked: boolean;
  private amount: string;
  private currency: string;
  version = 1;

  constructor(details: { sku: string; name: string; price: Money; stocked: boolean }) {
    const price = inShopCurrency(details.price);
    this.sku = details.sku;
    this.name = details.name;
    this.stocked = details.stocked;
    this.amount = price.amount;
    this.currency = price.currency;
  }

  get price(): Money {
    return money(this.amount, this.currency);
  }

  /** Answers whether the price is another one than before. */
  reprice(to: Money): boolean {
    const price = inShopCurrency(to);
    if (price.amount === this.price.amount) return false;
    this.amount = price.amount;
    return true;
  }
}

function inShopCurrency({ amount, currency }: Money): Money {
  if (currency === SHOP_CURRENCY) return money(amount, currency);
  const message = `This shop sells in ${SHOP_CURRENCY}, not in ${currency}.`;
  throw new DomainError('unprocessable', 'foreign-currency', message, {
    errors: [{ field: 'price.currency', message }],
  });
}

export function unknownProduct(sku: string): DomainError {
  return new DomainError('not-found', 'unknown-product', `There is no product "${sku}".`);
}

export function productExists(sku: string): DomainError {
  return new DomainError('conflict', 'product-exists', `There is a product "${sku}" already.`);
}
