import { Injectable } from '@nestjs/common';
import Big from 'big.js';
import { z } from 'zod';
import type { Payload } from '#kernel/contract/message';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { On, OnAborted, OnTimeout, Saga, type SagaHandle, Starts } from '#kernel/sagas/saga';
import { AuthorisePayment } from '#modules/billing/contract/authorise-payment';
import { CapturePayment } from '#modules/billing/contract/capture-payment';
import { PaymentAuthorised } from '#modules/billing/contract/payment-authorised';
import { PaymentCaptured } from '#modules/billing/contract/payment-captured';
import { PaymentDeclined } from '#modules/billing/contract/payment-declined';
import { PaymentReversed } from '#modules/billing/contract/payment-reversed';
import { ReversePayment } from '#modules/billing/contract/reverse-payment';
import { FulfilReservation } from '#modules/inventory/contract/fulfil-reservation';
import { ReleaseStock } from '#modules/inventory/contract/release-stock';
import { ReservationFulfilled } from '#modules/inventory/contract/reservation-fulfilled';
import { ReserveStock } from '#modules/inventory/contract/reserve-stock';
import { StockRefused } from '#modules/inventory/contract/stock-refused';
import { StockReleased } from '#modules/inventory/contract/stock-released';
import { StockReserved } from '#modules/inventory/contract/stock-reserved';
import { CancelShipment } from '#modules/shipping/contract/cancel-shipment';
import { CreateShipment } from '#modules/shipping/contract/create-shipment';
import { ShipmentCancellationRefused } from '#modules/shipping/contract/shipment-cancellation-refused';
import { ShipmentCancelled } from '#modules/shipping/contract/shipment-cancelled';
import { ShipmentCreated } from '#modules/shipping/contract/shipment-created';
import { ShipmentDispatched } from '#modules/shipping/contract/shipment-dispatched';
import { CancellationRequested } from '../contract/cancellation-requested.js';
import { OrderPlaced } from '../contract/order-placed.js';
import type { Order } from '../domain/order.js';
import { stockedLines } from '../domain/order-lines.js';
import { lockOrder } from '../persistence/lock-order.js';
import { settleOrder } from '../use-cases/settle-order.js';

const CheckoutState = z.object({
  /** Whose answer the process waits for. */
  awaiting: z.enum(['stock', 'authorisation', 'capture', 'shipment', 'dispatch', 'cancellation', 'fulfilment']),
  /** Why the shipment is to be stopped, and the process to be aborted then. */
  cause: z.string().optional(),
});
type Handle = SagaHandle<z.infer<typeof CheckoutState>>;

/** The reason of an abort that the customer or the staff wanted, as against one that stock or payment forced. */
const CANCELLED = 'cancelled';
const UNDECIDED = 'undecided-for-a-day';

const reference = (payload: { reference: string }) => payload.reference;

/**
 * From a placed order to a shipped one, under the order's id:
 *
 *   stock ─▶ authorisation ─▶ capture ─▶ shipment ─(confirmed)─▶ dispatch ─(pivot)─▶ fulfilment ─(shipped)
 *     │           │              │           └──── cancellation ◀────┘ on a wish to cancel
 *     └───────────┴──────────────┴── refused, declined or cancelled ──▶ compensations ─▶ rejected | cancelled
 *
 * Steps without an object are passed over: no stocked line asks for no stock, a total of zero for no payment. A wish to
 * cancel before the shipment aborts at once; after it shipping decides, since the goods may be leaving the house. An
 * order counts as confirmed, rejected, cancelled or shipped only once the other modules have done their part.
 *
 * An order that is undecided after a day is given up in the same way: once a shipment was asked for, it may come to be
 * and leave the house at any time, so nothing is undone before shipping has said that it stays.
 */
@Injectable()
@Saga({ name: 'checkout', version: 1, state: CheckoutState, undoneBy: [StockReleased, PaymentReversed] })
export class Checkout {
  @Starts(OrderPlaced, ({ orderId }) => orderId)
  async start(_placed: Payload<typeof OrderPlaced>, saga: Handle, tx: Transaction): Promise<void> {
    const order = await lockOrder(tx, saga.key);
    await this.allowADay(saga);
    const lines = stockedLines(order.lines);
    if (lines.length === 0) return this.pay(order, saga);
    saga.state = { awaiting: 'stock' };
    saga.do(ReserveStock, { reference: saga.key, lines }).undo(ReleaseStock, { reference: saga.key }, StockReleased);
  }

  @On(StockReserved, reference)
  async stockReserved(_reserved: Payload<typeof StockReserved>, saga: Handle, tx: Transaction): Promise<void> {
    if (saga.state.awaiting === 'stock') this.pay(await lockOrder(tx, saga.key), saga);
  }

  @On(StockRefused, reference)
  stockRefused({ shortages }: Payload<typeof StockRefused>, saga: Handle): void {
    const short = shortages.map(
      ({ sku, requested, available }) => `${sku}: ${requested} wanted, ${available} available`,
    );
    const more = short.length > 3 ? `; and ${short.length - 3} more` : '';
    saga.abort(`insufficient-stock (${short.slice(0, 3).join('; ')}${more})`);
  }

  @On(PaymentAuthorised, reference)
  paymentAuthorised(_authorised: Payload<typeof PaymentAuthorised>, saga: Handle): void {
    if (saga.state.awaiting !== 'authorisation') return;
    saga.state = { awaiting: 'capture' };
    saga.do(CapturePayment, { reference: saga.key });
  }

  @On(PaymentDeclined, reference)
  paymentDeclined({ reason }: Payload<typeof PaymentDeclined>, saga: Handle): void {
    saga.abort(`payment-declined (${reason})`);
  }

  @On(PaymentCaptured, reference)
  async paymentCaptured(_captured: Payload<typeof PaymentCaptured>, saga: Handle, tx: Transaction): Promise<void> {
    if (saga.state.awaiting === 'capture') this.ship(await lockOrder(tx, saga.key), saga);
  }

  @On(ShipmentCreated, reference)
  async shipmentCreated(_created: Payload<typeof ShipmentCreated>, saga: Handle, tx: Transaction): Promise<void> {
    if (saga.state.awaiting !== 'shipment') return;
    saga.state = { awaiting: 'dispatch' };
    saga.cancelTimeout('undecided');
    await settleOrder(tx, saga.key, 'confirmed');
  }

  @On(CancellationRequested, ({ orderId }) => orderId)
  cancellationRequested(_wish: Payload<typeof CancellationRequested>, saga: Handle): void {
    const { awaiting } = saga.state;
    if (awaiting === 'fulfilment' || awaiting === 'cancellation') return;
    if (awaiting === 'shipment' || awaiting === 'dispatch') {
      this.stopShipment(saga, CANCELLED);
    } else {
      saga.abort(CANCELLED);
    }
  }

  @On(ShipmentCancelled, reference)
  shipmentCancelled(_cancelled: Payload<typeof ShipmentCancelled>, saga: Handle): void {
    saga.abort(saga.state.cause ?? CANCELLED);
  }

  @On(ShipmentCancellationRefused, reference)
  cancellationRefused(_refused: Payload<typeof ShipmentCancellationRefused>, saga: Handle): void {
    // It has been dispatched: that event brings the process to its end.
    if (saga.state.awaiting !== 'cancellation') return;
    saga.state = { awaiting: 'dispatch' };
    saga.cancelTimeout('undecided');
  }

  @On(ShipmentDispatched, reference)
  async dispatched(_dispatched: Payload<typeof ShipmentDispatched>, saga: Handle, tx: Transaction): Promise<void> {
    const order = await lockOrder(tx, saga.key);
    saga.pivot();
    saga.cancelTimeout('undecided');
    // A wish to cancel had kept it from being confirmed, and came too late.
    if (order.status === 'placed') await settleOrder(tx, saga.key, 'confirmed');
    if (stockedLines(order.lines).length === 0) return this.fulfilled({ reference: saga.key }, saga, tx);
    saga.state = { awaiting: 'fulfilment' };
    saga.do(FulfilReservation, { reference: saga.key });
  }

  @On(ReservationFulfilled, reference)
  async fulfilled(_left: Payload<typeof ReservationFulfilled>, saga: Handle, tx: Transaction): Promise<void> {
    await settleOrder(tx, saga.key, 'shipped');
    saga.complete();
  }

  @OnTimeout('undecided')
  async undecided(saga: Handle): Promise<void> {
    const { awaiting } = saga.state;
    if (awaiting !== 'shipment' && awaiting !== 'cancellation') return saga.abort(UNDECIDED);
    if (awaiting === 'shipment') this.stopShipment(saga, UNDECIDED);
    await this.allowADay(saga);
  }

  @OnAborted()
  async aborted(saga: Handle, tx: Transaction): Promise<void> {
    const cancelled = saga.reason === CANCELLED;
    await settleOrder(tx, saga.key, cancelled ? 'cancelled' : 'rejected', saga.reason);
  }

  private allowADay(saga: Handle): Promise<void> {
    return saga.timeout('undecided', '24h');
  }

  private pay(order: Order, saga: Handle): void {
    const { customerId, total: amount, paymentToken } = order;
    if (new Big(amount.amount).eq(0)) {
      this.ship(order, saga);
      return;
    }
    saga.state = { awaiting: 'authorisation' };
    saga
      .do(AuthorisePayment, { reference: saga.key, customerId, amount, token: paymentToken ?? '' })
      .undo(ReversePayment, { reference: saga.key }, PaymentReversed);
  }

  private ship({ customerId, lines }: Order, saga: Handle): void {
    saga.state = { awaiting: 'shipment' };
    saga.do(CreateShipment, { reference: saga.key, customerId, lines: stockedLines(lines) });
  }

  private stopShipment(saga: Handle, cause: string): void {
    saga.state = { awaiting: 'cancellation', cause };
    saga.do(CancelShipment, { reference: saga.key });
  }
}
