import { Injectable } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import type { ReplyOf, RequestOf } from '#kernel/contract/query';
import { Handle, type Message, Subscribe } from '#kernel/messaging/subscriptions';
import { Answers } from '#kernel/requests/answers';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import { Availability } from './contract/availability.js';
import { FulfilReservation } from './contract/fulfil-reservation.js';
import { ReleaseStock } from './contract/release-stock.js';
import { ReserveStock } from './contract/reserve-stock.js';
import { TakeBackStock } from './contract/take-back-stock.js';
import type { Shortage } from './domain/lines.js';
import { CheckAvailability } from './use-cases/check-availability.js';
import { IssueReservedStock } from './use-cases/issue-reserved-stock.js';
import { MakeReservation } from './use-cases/make-reservation.js';
import { ReleaseReservation } from './use-cases/release-reservation.js';
import { RestockReturn } from './use-cases/restock-return.js';
import { TrackProduct } from './use-cases/track-product.js';

@Injectable()
export class InventorySubscriber {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

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

  @Answers(Availability)
  async availability({ lines }: RequestOf<typeof Availability>): Promise<ReplyOf<typeof Availability>> {
    const shortages: Shortage[] = await this.queries.execute(new CheckAvailability(lines));
    return { stock: shortages.length === 0 ? 'available' : 'short', shortages };
  }
}
