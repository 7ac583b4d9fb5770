import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { PaymentProspect } from '#modules/billing/contract/payment-prospect';
import { Availability } from '#modules/inventory/contract/availability';
import declaration from './module.json' with { type: 'json' };
import { OrdersController } from './orders.controller.js';
import { OrdersSubscriber } from './orders.subscriber.js';
import { GoodsReturnMapping } from './persistence/goods-return.mapping.js';
import { Orders } from './persistence/migrations/0001-orders.js';
import { OrderMapping } from './persistence/order.mapping.js';
import { Checkout } from './sagas/checkout.js';
import { CancelOrderHandler } from './use-cases/cancel-order.js';
import { GetOrderHandler } from './use-cases/get-order.js';
import { GetReturnHandler } from './use-cases/get-return.js';
import { ListOrdersHandler } from './use-cases/list-orders.js';
import { PlaceOrderHandler } from './use-cases/place-order.js';
import { ProspectsOfOrders } from './use-cases/prospects.js';
import { ReturnGoodsHandler } from './use-cases/return-goods.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [OrderMapping, GoodsReturnMapping],
      migrations: [{ name: 'orders-0001-orders', class: Orders }],
      subscribers: [OrdersSubscriber],
      sagas: [Checkout],
      asks: [Availability, PaymentProspect],
    }),
  ],
  controllers: [OrdersController],
  providers: [
    OrdersSubscriber,
    Checkout,
    ProspectsOfOrders,
    PlaceOrderHandler,
    CancelOrderHandler,
    ReturnGoodsHandler,
    GetOrderHandler,
    GetReturnHandler,
    ListOrdersHandler,
  ],
})
export class OrdersModule {}
