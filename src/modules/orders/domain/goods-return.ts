import { DomainError } from '#kernel/contract/domain-error';
import { type Money, money } from '#kernel/contract/money';
import { type OrderLine, stockedLines, totalOf } from './order-lines.js';

/** Goods that come back: on the shelf and credited, in whichever order. It may exceed what was ever bought. */
export class GoodsReturn {
  readonly id: string;
  readonly customerId: string | null;
  readonly lines: readonly OrderLine[];
  private readonly amount: string;
  private readonly currency: string;
  /** Nothing to put back counts as put back. */
  backOnShelf: boolean;
  credited = false;
  version = 1;

  constructor(details: { id: string; customerId: string | null; lines: readonly OrderLine[] }) {
    const { amount, currency } = totalOf(details.lines);
    this.id = details.id;
    this.customerId = details.customerId;
    this.lines = details.lines;
    this.amount = amount;
    this.currency = currency;
    this.backOnShelf = stockedLines(details.lines).length === 0;
  }

  get total(): Money {
    return money(this.amount, this.currency);
  }

  get status(): 'requested' | 'completed' {
    return this.backOnShelf && this.credited ? 'completed' : 'requested';
  }
}

export function unknownReturn(id: string): DomainError {
  return new DomainError('not-found', 'unknown-return', `There is no return ${id}.`);
}
