import type { Span } from '../harness/load.js';
import type { Latencies } from '../harness/statistics.js';
import type { Checked } from '../messaging/workload.js';
import type { TOPOLOGIES } from './topologies.js';

export interface ShopWork extends Span {
  readonly topology: keyof typeof TOPOLOGIES;
  readonly customers: number;
  readonly products: number;
  /** Afterwards, at a rate that leaves everybody time. */
  readonly steady: { readonly perSecond: number; readonly seconds: number };
  /** From the last order until memory is looked at once more. */
  readonly restSeconds: number;
}

/** From the sending of `POST /orders`, in milliseconds. */
export interface Waits {
  /** To its answer. */
  readonly answered: Latencies;
  /** Until the order is confirmed. */
  readonly settled: Latencies;
}

export interface ShopRun extends Checked {
  /** Orders settled a second, by all customers at once. */
  readonly perSecond: number;
  readonly busy: Waits;
  readonly steady: Waits;
  /** What an order costs all apps together, while the customers are at it. In milliseconds. */
  readonly processorTime: number;
  /** What it costs PostgreSQL; null where that runs on another machine. */
  readonly postgresTime: number | null;
  /** Resident, of all apps together, in MB. */
  readonly memory: { readonly peak: number; readonly after: number };
}

export interface Line {
  readonly sku: string;
  readonly quantity: number;
}

const LINES = 3;
/** No two of an order's lines are of the same product, where there are more products than this. */
const APART = 67;

export const sku = (product: number) => `BENCH-${product}`;

/** In pence. */
export const priceOf = (product: number) => 195 + 10 * (product % 50);

/** The nth order: three products, by turns of all of them. */
export function orderNumber(n: number, products: number): { readonly lines: Line[]; readonly pence: number } {
  const wanted = Array.from({ length: LINES }, (_, line) => ({
    product: (n + line * APART) % products,
    quantity: 1 + ((n + line) % 3),
  }));
  return {
    lines: wanted.map(({ product, quantity }) => ({ sku: sku(product), quantity })),
    pence: wanted.reduce((sum, { product, quantity }) => sum + priceOf(product) * quantity, 0),
  };
}

export function gbp(pence: number): { amount: string; currency: string } {
  return { amount: (pence / 100).toFixed(2), currency: 'GBP' };
}
