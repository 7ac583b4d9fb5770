import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { DispatchShipmentHandler } from './dispatch-shipment.js';
import { GetShipmentHandler } from './get-shipment.js';
import declaration from './module.json' with { type: 'json' };
import { Shipments } from './persistence/migrations/0001-shipments.js';
import { ShipmentMapping } from './persistence/shipment.mapping.js';
import { PrepareShipmentHandler } from './prepare-shipment.js';
import { ShippingController } from './shipping.controller.js';
import { ShippingSubscriber } from './shipping.subscriber.js';
import { StopShipmentHandler } from './stop-shipment.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [ShipmentMapping],
      migrations: [{ name: 'shipping-0001-shipments', class: Shipments }],
      subscribers: [ShippingSubscriber],
    }),
  ],
  controllers: [ShippingController],
  providers: [
    ShippingSubscriber,
    PrepareShipmentHandler,
    StopShipmentHandler,
    DispatchShipmentHandler,
    GetShipmentHandler,
  ],
})
export class ShippingModule {}
