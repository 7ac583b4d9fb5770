import { defineEntity, p } from '@mikro-orm/core';
import type { HistoryEntry, OrderStatus } from '../domain/order.js';
import { Order } from '../domain/order.js';
import type { OrderLine } from '../domain/order-lines.js';

export const OrderMapping = defineEntity({
  class: Order,
  tableName: 'customer_order',
  properties: {
    id: p.uuid().primary(),
    customerId: p.uuid().nullable(),
    status: p.string().$type<OrderStatus>(),
    lines: p.json().$type<readonly OrderLine[]>(),
    amount: p.decimal(),
    currency: p.string(),
    history: p.json().$type<readonly HistoryEntry[]>(),
    cancellationRequested: p.boolean(),
    paymentToken: p.string().nullable(),
    version: p.integer().version(),
  },
});
