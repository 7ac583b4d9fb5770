import { Injectable } from '@nestjs/common';
import { type Message, Subscribe } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { CreditNoteIssued } from '#modules/billing/contract/credit-note-issued';
import { PriceChanged } from '#modules/catalog/contract/price-changed';
import { ProductAdded } from '#modules/catalog/contract/product-added';
import { StockTakenBack } from '#modules/inventory/contract/stock-taken-back';
import { rememberOffer, repriceOffer } from './use-cases/offers.js';
import { progressReturn } from './use-cases/progress-return.js';

@Injectable()
export class OrdersSubscriber {
  @Subscribe(ProductAdded)
  productAdded({ payload }: Message<typeof ProductAdded>, tx: Transaction): Promise<void> {
    return rememberOffer(tx, payload);
  }

  @Subscribe(PriceChanged)
  priceChanged({ payload }: Message<typeof PriceChanged>, tx: Transaction): Promise<void> {
    return repriceOffer(tx, payload.sku, payload.price);
  }

  @Subscribe(StockTakenBack)
  stockTakenBack({ payload }: Message<typeof StockTakenBack>, tx: Transaction): Promise<void> {
    return progressReturn(tx, payload.reference, 'backOnShelf');
  }

  @Subscribe(CreditNoteIssued)
  creditNoteIssued({ payload }: Message<typeof CreditNoteIssued>, tx: Transaction): Promise<void> {
    return progressReturn(tx, payload.reference, 'credited');
  }
}
