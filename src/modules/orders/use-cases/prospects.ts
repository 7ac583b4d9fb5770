import { Injectable } from '@nestjs/common';
import { DomainError } from '#kernel/contract/domain-error';
import { NoAnswer, Queries } from '#kernel/requests/queries';
import { PaymentProspect } from '#modules/billing/contract/payment-prospect';
import { Availability } from '#modules/inventory/contract/availability';
import type { WantedLine } from '../domain/order-lines.js';

/** What is to be expected of an order while nothing is decided yet. A hint: the checkout may find otherwise. */
export interface Prospects {
  readonly expected: 'available' | 'short' | 'unknown';
  readonly expectedPayment: 'likely' | 'unlikely' | 'unknown';
}

/** A customer waits, so the hint comes within this or not at all. In milliseconds. */
const WITHIN = 150;

@Injectable()
export class ProspectsOfOrders {
  constructor(private readonly queries: Queries) {}

  /** Never fails: what cannot be known in time is unknown. */
  async of(wanted: { lines: readonly WantedLine[]; paymentToken: string }): Promise<Prospects> {
    const [expected, expectedPayment] = await Promise.all([
      this.stock(wanted.lines),
      this.payment(wanted.paymentToken),
    ]);
    return { expected, expectedPayment };
  }

  private async stock(wanted: readonly WantedLine[]): Promise<Prospects['expected']> {
    const lines = wanted.map(({ sku, quantity }) => ({ sku, quantity }));
    return this.queries.ask(Availability, { lines }, { within: WITHIN }).then(({ stock }) => stock, otherwiseUnknown);
  }

  private payment(token: string): Promise<Prospects['expectedPayment']> {
    return this.queries
      .ask(PaymentProspect, { token }, { within: WITHIN })
      .then(({ payment }) => payment, otherwiseUnknown);
  }
}

function otherwiseUnknown(error: unknown): 'unknown' {
  if (error instanceof NoAnswer || error instanceof DomainError) return 'unknown';
  throw error;
}
