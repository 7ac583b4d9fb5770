import { DomainError } from '#kernel/contract/domain-error';

/** The most pieces of one SKU that can be counted: up to here every sum, ours and a client's in JSON, is exact. */
export const MOST_PIECES = Number.MAX_SAFE_INTEGER;

/** What there is of one SKU, in pieces. Always: 0 ≤ reserved ≤ onHand ≤ MOST_PIECES. */
export interface Stock {
  readonly sku: string;
  /** False for what is sold but not kept in stock, as postage: there is never any of it. */
  readonly stocked: boolean;
  readonly onHand: number;
  /** Set aside for orders; still on hand. */
  readonly reserved: number;
}

export function availableOf({ onHand, reserved }: Stock): number {
  return onHand - reserved;
}

/** @throws unless `change` pieces, or with a minus that many fewer, leave all that is reserved on hand. */
export function mustAllow(stock: Stock, change: number): void {
  const available = availableOf(stock);
  if (available + change < 0) {
    throw refusedQuantity(`Only ${available} of "${stock.sku}" may be taken away; the rest is reserved or not there.`);
  }
  if (change > MOST_PIECES - stock.onHand) {
    throw refusedQuantity(`There are ${stock.onHand} of "${stock.sku}"; more than ${MOST_PIECES} cannot be counted.`);
  }
}

/** The stock that a receipt or an adjustment may change. @throws for what is unknown, or not kept in stock. */
export function changeable(sku: string, stock: Stock | undefined): Stock {
  if (!stock) throw unknownStock(sku);
  if (!stock.stocked) throw new DomainError('unprocessable', 'not-kept-in-stock', notKept(sku));
  return stock;
}

/** The stock that may be looked at. @throws for what is unknown, or not kept in stock: there is nothing to show. */
export function visible(sku: string, stock: Stock | undefined): Stock {
  if (!stock) throw unknownStock(sku);
  if (!stock.stocked) throw new DomainError('not-found', 'not-kept-in-stock', notKept(sku));
  return stock;
}

export function unknownStock(sku: string): DomainError {
  return new DomainError('not-found', 'unknown-sku', `Inventory knows no product "${sku}".`);
}

function notKept(sku: string): string {
  return `"${sku}" is sold, but not kept in stock: there is nothing to count.`;
}

function refusedQuantity(message: string): DomainError {
  return new DomainError('unprocessable', 'impossible-quantity', message, { errors: [{ field: 'quantity', message }] });
}
