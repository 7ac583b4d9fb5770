import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '../../../src/shared-kernel/bounded-context.js';
import { UnitOfWork } from '../../../src/shared-kernel/persistence/unit-of-work.js';
import { INSERT_PURCHASE, type Purchase as Placing, PURCHASE_TABLE, purchaseValues } from '../workload.js';
import { Purchase, PurchaseMapping } from './purchase.js';
import { PurchasePlaced } from './purchase-placed.js';

class CreatePurchase extends Migration {
  override up(): void {
    this.addSql(PURCHASE_TABLE);
  }
}

/** The use case, in each way that a module may write it. */
@Injectable()
export class Purchases {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** One statement for the row and its message. */
  async place(purchase: Placing): Promise<void> {
    await this.unitOfWork.single(`${INSERT_PURCHASE} returning id`, purchaseValues(purchase), (messages) =>
      messages.publish(PurchasePlaced, purchase),
    );
  }

  /** By an entity. */
  async placeEntity(purchase: Placing): Promise<void> {
    await this.unitOfWork.transaction(async (tx) => {
      tx.em.persist(new Purchase(purchase));
      tx.publish(PurchasePlaced, purchase);
    });
  }

  /** Many messages in one transaction, and no rows: how what waits in an outbox gets there. */
  async announce(many: readonly Placing[]): Promise<void> {
    await this.unitOfWork.transaction(async (tx) => {
      for (const purchase of many) tx.publish(PurchasePlaced, purchase);
    });
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'purchases', schema: 'purchases', dependsOn: [] },
      entities: [PurchaseMapping],
      migrations: [{ name: 'purchases-0001-purchase', class: CreatePurchase }],
    }),
  ],
  providers: [Purchases],
  exports: [Purchases],
})
export class PurchasesModule {}
