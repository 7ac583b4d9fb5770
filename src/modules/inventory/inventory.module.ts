import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { InventoryController } from './inventory.controller.js';
import { InventorySubscriber } from './inventory.subscriber.js';
import declaration from './module.json' with { type: 'json' };
import { Stock } from './persistence/migrations/0001-stock.js';
import { ReservationMapping } from './persistence/reservation.mapping.js';
import { AdjustStockHandler } from './use-cases/adjust-stock.js';
import { CheckAvailabilityHandler } from './use-cases/check-availability.js';
import { GetStockHandler } from './use-cases/get-stock.js';
import { IssueReservedStockHandler } from './use-cases/issue-reserved-stock.js';
import { MakeReservationHandler } from './use-cases/make-reservation.js';
import { ReceiveStockHandler } from './use-cases/receive-stock.js';
import { ReleaseReservationHandler } from './use-cases/release-reservation.js';
import { RestockReturnHandler } from './use-cases/restock-return.js';
import { TrackProductHandler } from './use-cases/track-product.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [ReservationMapping],
      migrations: [{ name: 'inventory-0001-stock', class: Stock }],
      subscribers: [InventorySubscriber],
      answers: [InventorySubscriber],
    }),
  ],
  controllers: [InventoryController],
  providers: [
    InventorySubscriber,
    AdjustStockHandler,
    CheckAvailabilityHandler,
    IssueReservedStockHandler,
    GetStockHandler,
    MakeReservationHandler,
    ReceiveStockHandler,
    ReleaseReservationHandler,
    RestockReturnHandler,
    TrackProductHandler,
  ],
})
export class InventoryModule {}
