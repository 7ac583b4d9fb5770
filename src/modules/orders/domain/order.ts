import { DomainError } from '#kernel/contract/domain-error';
import { type Money, money } from '#kernel/contract/money';
import { type OrderLine, totalOf } from './order-lines.js';

/**
 *   placed ──confirm──▶ confirmed ──ship──▶ shipped
 *     │ └──reject──▶ rejected      │
 *     └────────cancel──▶ cancelled ◀┘
 *
 * An order is settled in every state but `placed`. Whether a wish to cancel comes in time, shipping decides: until it
 * has, the order stays what it is.
 */
export type OrderStatus = 'placed' | 'confirmed' | 'shipped' | 'rejected' | 'cancelled';

export interface HistoryEntry {
  readonly status: OrderStatus;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly reason?: string;
}

const MOVES: Record<OrderStatus, readonly OrderStatus[]> = {
  placed: ['confirmed', 'rejected', 'cancelled'],
  confirmed: ['shipped', 'cancelled'],
  shipped: [],
  rejected: [],
  cancelled: [],
};

export class Order {
  readonly id: string;
  /** Null for a guest. */
  readonly customerId: string | null;
  readonly lines: readonly OrderLine[];
  private readonly amount: string;
  private readonly currency: string;
  status: OrderStatus = 'placed';
  history: readonly HistoryEntry[];
  cancellationRequested = false;
  /** The payment provider's one-time token; forgotten once it has been of use. */
  paymentToken: string | null;
  version = 1;

  constructor(
    placed: { id: string; customerId: string | null; lines: readonly OrderLine[]; paymentToken: string },
    now: Date,
  ) {
    const { amount, currency } = totalOf(placed.lines);
    this.id = placed.id;
    this.customerId = placed.customerId;
    this.lines = placed.lines;
    this.amount = amount;
    this.currency = currency;
    this.paymentToken = placed.paymentToken;
    this.history = [{ status: 'placed', at: now.toISOString() }];
  }

  get total(): Money {
    return money(this.amount, this.currency);
  }

  /** @throws DomainError from a state that has no way to `status`. */
  moveTo(status: OrderStatus, now: Date, reason?: string): void {
    if (!MOVES[this.status].includes(status)) {
      throw new DomainError(
        'conflict',
        'order-state',
        `Order ${this.id} is ${this.status} and cannot become ${status}.`,
      );
    }
    this.status = status;
    this.paymentToken = null;
    this.history = [...this.history, { status, at: now.toISOString(), ...(reason === undefined ? {} : { reason }) }];
  }

  /** Answers whether this is the first wish to cancel. */
  requestCancellation(): boolean {
    if (!MOVES[this.status].includes('cancelled')) {
      throw new DomainError(
        'conflict',
        'not-cancellable',
        `Order ${this.id} is ${this.status}: it cannot be cancelled.`,
      );
    }
    const first = !this.cancellationRequested;
    this.cancellationRequested = true;
    return first;
  }
}

export function unknownOrder(id: string): DomainError {
  return new DomainError('not-found', 'unknown-order', `There is no order ${id}.`);
}
