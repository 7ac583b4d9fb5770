import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Handle, type Message, Subscribe } from '#kernel/messaging/subscriptions';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import { FulfilReservation } from './contract/fulfil-reservation.js';
import { ReleaseStock } from './contract/release-stock.js';
import { ReserveStock } from './contract/reserve-stock.js';
import { TakeBackStock } from './contract/take-back-stock.js';
import { IssueReservedStock } from './use-cases/issue-reserved-stock.js';
import { MakeReservation } from './use-cases/make-reservation.js';
import { ReleaseReservation } from './use-cases/release-reservation.js';
import { RestockReturn } from './use-cases/restock-return.js';
import { TrackProduct } from './use-cases/track-product.js';

@Injectable()
export class InventorySubscriber {
  constructor(private readonly commands: CommandBus) {}

  @Subscribe(ProductAdded)
  productAdded({ payload }: Message<typeof ProductAdded>): Promise<void> {
    return this.commands.execute(new TrackProduct(payload));
  }

  @Handle(ReserveStock)
  reserve({ payload }: Message<typeof ReserveStock>): Promise<void> {
    return this.commands.execute(new MakeReservation(payload));
  }

  @Handle(ReleaseStock)
  release({ payload }: Message<typeof ReleaseStock>): Promise<void> {
    return this.commands.execute(new ReleaseReservation(payload.reference));
  }

  @Handle(FulfilReservation)
  fulfil({ payload }: Message<typeof FulfilReservation>): Promise<void> {
    return this.commands.execute(new IssueReservedStock(payload.reference));
  }

  @Handle(TakeBackStock)
  takeBack({ payload }: Message<typeof TakeBackStock>): Promise<void> {
    return this.commands.execute(new RestockReturn(payload));
  }
}
