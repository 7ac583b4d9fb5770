import { availableOf, MOST_PIECES, type Stock, unknownStock } from './stock.js';

/** So many pieces of one SKU. */
export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

/** More was asked for than is available. */
export interface Shortage {
  readonly sku: string;
  readonly requested: number;
  readonly available: number;
}

/** What is known of each SKU that there is. */
export type Shelf = ReadonlyMap<string, Stock>;

/** Each SKU once. A sum beyond MOST_PIECES is no longer exact, but stays beyond it: rounding keeps the order. */
export function totalsOf(lines: readonly Line[]): Line[] {
  const totals = new Map<string, number>();
  for (const { sku, quantity } of lines) totals.set(sku, (totals.get(sku) ?? 0) + quantity);
  return [...totals].map(([sku, quantity]) => ({ sku, quantity }));
}

/** Which of these totals cannot be set aside. Of what is not kept in stock, nothing is available. @throws for unknowns. */
export function shortagesOf(totals: readonly Line[], shelf: Shelf): Shortage[] {
  return totals.flatMap(({ sku, quantity }) => {
    const available = availableOf(stockOf(sku, shelf));
    return quantity > available ? [{ sku, requested: Math.min(quantity, MOST_PIECES), available }] : [];
  });
}

/**
 * What of these returned goods finds a place: not what is not kept in stock, and no more than can be counted. A return
 * has happened, so it is never refused; what finds no place is left out. @throws for unknowns, which may find one yet.
 */
export function placeable(totals: readonly Line[], shelf: Shelf): Line[] {
  return totals.flatMap(({ sku, quantity }) => {
    const { stocked, onHand } = stockOf(sku, shelf);
    const placed = stocked ? Math.min(quantity, MOST_PIECES - onHand) : 0;
    return placed > 0 ? [{ sku, quantity: placed }] : [];
  });
}

/**
 * Whoever sends a command has its products from the catalog, and so will inventory: what is unknown here is on its way.
 * Nothing can be decided about it before.
 */
function stockOf(sku: string, shelf: Shelf): Stock {
  const stock = shelf.get(sku);
  if (!stock) throw unknownStock(sku);
  return stock;
}
