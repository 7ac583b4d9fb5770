import { LockMode } from '@mikro-orm/core';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { Order, unknownOrder } from '../domain/order.js';

/** The order as it is now, and stays for everybody else until the transaction ends. Every change begins with this. */
export async function lockOrder(tx: Transaction, orderId: string): Promise<Order> {
  const order = await tx.em.findOne(Order, { id: orderId }, { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true });
  if (!order) throw unknownOrder(orderId);
  return order;
}
