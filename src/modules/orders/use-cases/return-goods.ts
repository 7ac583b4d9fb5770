import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { v7 as uuidv7 } from 'uuid';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { IssueCreditNote } from '#modules/billing/contract/issue-credit-note';
import { TakeBackStock } from '#modules/inventory/contract/take-back-stock';
import { GoodsReturn } from '../domain/goods-return.js';
import { priceLines, stockedLines, type WantedLine } from '../domain/order-lines.js';
import { offersFor } from './offers.js';

export class ReturnGoods {
  constructor(readonly returned: { customerId: string | null; lines: readonly WantedLine[] }) {}
}

@CommandHandler(ReturnGoods)
export class ReturnGoodsHandler implements ICommandHandler<ReturnGoods> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ returned }: ReturnGoods): Promise<GoodsReturn> {
    return this.unitOfWork.transaction(async (tx) => {
      const offers = await offersFor(
        tx,
        returned.lines.map(({ sku }) => sku),
      );
      const goods = new GoodsReturn({ ...returned, id: uuidv7(), lines: priceLines(returned.lines, offers) });
      tx.em.persist(goods);
      const { id: reference, customerId, total: amount } = goods;
      const lines = stockedLines(goods.lines);
      if (lines.length > 0) tx.send(TakeBackStock, { reference, lines });
      tx.send(IssueCreditNote, { reference, customerId, amount });
      return goods;
    });
  }
}
