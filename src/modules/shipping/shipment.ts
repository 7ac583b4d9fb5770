import { DomainError } from '#kernel/contract/domain-error';

export interface ShipmentLine {
  readonly sku: string;
  readonly quantity: number;
}

export type ShipmentStatus = 'waiting' | 'dispatched' | 'cancelled';

/**
 * The goods of one order on their way out of the house:
 *
 *   (none) ──prepare──▶ waiting ──dispatch──▶ dispatched
 *      │                   │ cancel
 *      └──────cancel───────┴────────────────▶ cancelled
 *
 * Whichever of dispatch and cancellation comes first holds. A shipment that is cancelled before it exists is kept as
 * cancelled, so that a request to prepare it that comes later prepares nothing.
 */
export class Shipment {
  readonly reference: string;
  /** Null for a guest. */
  readonly customerId: string | null;
  readonly lines: readonly ShipmentLine[];
  status: ShipmentStatus = 'waiting';
  dispatchedAt: Date | null = null;
  version = 1;

  constructor(details: { reference: string; customerId: string | null; lines: readonly ShipmentLine[] }) {
    this.reference = details.reference;
    this.customerId = details.customerId;
    this.lines = details.lines;
  }

  /** Answers whether it leaves by this call, and not by an earlier one. */
  dispatch(now: Date): boolean {
    if (this.status === 'dispatched') return false;
    if (this.status === 'cancelled') throw shipmentCancelled(this.reference);
    this.status = 'dispatched';
    this.dispatchedAt = now;
    return true;
  }

  /** Answers whether it stays here. */
  cancel(): boolean {
    if (this.status === 'dispatched') return false;
    this.status = 'cancelled';
    return true;
  }
}

export function unknownShipment(reference: string): DomainError {
  return new DomainError('not-found', 'unknown-shipment', `There is no shipment for the order ${reference}.`);
}

function shipmentCancelled(reference: string): DomainError {
  return new DomainError('conflict', 'shipment-cancelled', `The shipment for the order ${reference} was cancelled.`);
}
