import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { changeable, mustAllow, type Stock } from '../domain/stock.js';
import { lockStock, moveStock } from '../persistence/stock-ledger.js';

export class ReceiveStock {
  constructor(
    readonly sku: string,
    readonly quantity: number,
  ) {}
}

@CommandHandler(ReceiveStock)
export class ReceiveStockHandler implements ICommandHandler<ReceiveStock> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ sku, quantity }: ReceiveStock): Promise<Stock | undefined> {
    return this.unitOfWork.transaction(async (tx) => {
      const stock = changeable(sku, (await lockStock(tx, [sku])).get(sku));
      mustAllow(stock, quantity);
      const [after] = await moveStock(tx, { kind: 'receipt' }, [{ sku, quantity }]);
      return after;
    });
  }
}
