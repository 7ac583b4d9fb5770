import type { Envelope } from '../../../src/shared-kernel/contract/envelope.js';
import { type Latencies, latenciesOf } from '../../harness/statistics.js';

/** One message from call to effect, in milliseconds of `performance.now()`, both ends in one process. */
export interface Delivery {
  /** When the publisher called. */
  readonly calledAt: number;
  /** When the publishing call was answered: committed, and the caller knows. */
  readonly committedAt: number;
  /** When the receiving transaction was committed. */
  readonly takenAt: number;
}

type Sent = Omit<Delivery, 'takenAt'>;

/** Brings both ends of each message together; either may come first. */
export class Deliveries {
  private readonly sent = new Map<string, Sent>();
  private readonly taken = new Map<string, number>();

  constructor(private readonly onDelivered: (delivery: Delivery) => void) {}

  /** Publishes, and notes when. */
  async publish(purchase: string, call: () => Promise<unknown>): Promise<void> {
    const calledAt = performance.now();
    await call();
    const sent = { calledAt, committedAt: performance.now() };
    const takenAt = this.taken.get(purchase);
    if (takenAt === undefined) this.sent.set(purchase, sent);
    else {
      this.taken.delete(purchase);
      this.onDelivered({ ...sent, takenAt });
    }
  }

  /** Of a message whose sender has not been answered yet, the effect is kept until it is. */
  take(messages: readonly Envelope[], takenAt: number): void {
    for (const { data } of messages) {
      const purchase = data.purchase as string;
      const sent = this.sent.get(purchase);
      if (sent === undefined) this.taken.set(purchase, takenAt);
      else {
        this.sent.delete(purchase);
        this.onDelivered({ ...sent, takenAt });
      }
    }
  }
}

export interface DeliveryLatencies {
  /** From the answer of the publishing call to the commit of the receiving transaction, in milliseconds. */
  readonly commitToEffect: Latencies;
  /** From the publishing call to the commit of the receiving transaction, in milliseconds. */
  readonly callToEffect: Latencies;
}

export function deliveryLatencies(deliveries: readonly Delivery[]): DeliveryLatencies {
  return {
    commitToEffect: latenciesOf(deliveries.map(({ committedAt, takenAt }) => takenAt - committedAt)),
    callToEffect: latenciesOf(deliveries.map(({ calledAt, takenAt }) => takenAt - calledAt)),
  };
}
