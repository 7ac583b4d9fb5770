import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';

/** From now on the product's stock is counted, unless it is of a kind that is not kept in stock. */
export class TrackProduct {
  constructor(readonly product: { sku: string; stocked: boolean }) {}
}

@CommandHandler(TrackProduct)
export class TrackProductHandler implements ICommandHandler<TrackProduct> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ product: { sku, stocked } }: TrackProduct): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      await tx.query('insert into stock (sku, stocked) values ($1, $2) on conflict do nothing', [sku, stocked]);
    });
  }
}
