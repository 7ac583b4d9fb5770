import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '../../../src/shared-kernel/bounded-context.js';
import { type Message, Subscribe, SubscribeInBatches } from '../../../src/shared-kernel/messaging/subscriptions.js';
import type { Transaction } from '../../../src/shared-kernel/persistence/unit-of-work.js';
import { ENTRY_TABLE, entriesValues, INSERT_ENTRIES, INSERT_ENTRY, purchaseValues } from '../workload.js';
import { PurchasePlaced } from './purchase-placed.js';

class CreateEntry extends Migration {
  override up(): void {
    this.addSql(ENTRY_TABLE);
  }
}

const context = {
  declaration: { name: 'ledger', schema: 'ledger', dependsOn: ['purchases'] },
  entities: [],
  migrations: [{ name: 'ledger-0001-entry', class: CreateEntry }],
};

/** A handler that knows of one message. */
@Injectable()
class LedgerSubscriber {
  @Subscribe(PurchasePlaced)
  placed({ payload }: Message<typeof PurchasePlaced>, tx: Transaction): void {
    tx.execute(INSERT_ENTRY, purchaseValues(payload));
  }
}

@Module({
  imports: [BoundedContext.register({ ...context, subscribers: [LedgerSubscriber] })],
  providers: [LedgerSubscriber],
})
export class LedgerModule {}

/** A handler that takes a batch, and makes one statement of it. */
@Injectable()
class LedgerBatchSubscriber {
  @SubscribeInBatches(PurchasePlaced)
  placed(messages: readonly Message<typeof PurchasePlaced>[], tx: Transaction): void {
    tx.execute(INSERT_ENTRIES, entriesValues(messages.map(({ payload }) => payload)));
  }
}

@Module({
  imports: [BoundedContext.register({ ...context, subscribers: [LedgerBatchSubscriber] })],
  providers: [LedgerBatchSubscriber],
})
export class LedgerInBatchesModule {}
