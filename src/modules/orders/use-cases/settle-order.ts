import type { Transaction } from '#kernel/persistence/unit-of-work';
import { OrderCancelled } from '../contract/order-cancelled.js';
import { OrderConfirmed } from '../contract/order-confirmed.js';
import { OrderRejected } from '../contract/order-rejected.js';
import { OrderShipped } from '../contract/order-shipped.js';
import type { OrderStatus } from '../domain/order.js';
import { lockOrder } from '../persistence/lock-order.js';

/** Moves an order on and tells everybody: what the checkout process has found out. */
export async function settleOrder(
  tx: Transaction,
  orderId: string,
  status: Exclude<OrderStatus, 'placed'>,
  reason?: string,
): Promise<void> {
  const order = await lockOrder(tx, orderId);
  order.moveTo(status, new Date(), reason);
  await tx.em.flush();
  const { version } = order;
  if (status === 'confirmed') tx.publish(OrderConfirmed, { orderId }, version);
  else if (status === 'shipped') tx.publish(OrderShipped, { orderId }, version);
  else if (status === 'cancelled') tx.publish(OrderCancelled, { orderId }, version);
  else tx.publish(OrderRejected, { orderId, reason: reason ?? 'rejected' }, version);
}
