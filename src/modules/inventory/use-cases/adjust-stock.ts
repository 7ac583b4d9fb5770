import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { changeable, mustAllow, type Stock } from '../domain/stock.js';
import { lockStock, moveStock } from '../persistence/stock-ledger.js';

/** A count found more, or with a minus fewer, than the books say. */
export class AdjustStock {
  constructor(
    readonly sku: string,
    readonly quantity: number,
    readonly reason: string,
  ) {}
}

@CommandHandler(AdjustStock)
export class AdjustStockHandler implements ICommandHandler<AdjustStock> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ sku, quantity, reason }: AdjustStock): Promise<Stock | undefined> {
    return this.unitOfWork.transaction(async (tx) => {
      const stock = changeable(sku, (await lockStock(tx, [sku])).get(sku));
      mustAllow(stock, quantity);
      const [after] = await moveStock(tx, { kind: 'adjustment', reason }, [{ sku, quantity }]);
      return after;
    });
  }
}
