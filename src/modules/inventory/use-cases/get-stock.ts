import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { type Stock, visible } from '../domain/stock.js';
import { STOCK_COLUMNS, type StockRow, toStock } from '../persistence/stock-ledger.js';

export class GetStock {
  constructor(readonly sku: string) {}
}

@QueryHandler(GetStock)
export class GetStockHandler implements IQueryHandler<GetStock> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ sku }: GetStock): Promise<Stock> {
    const [row] = await this.unitOfWork.query<StockRow>(`select ${STOCK_COLUMNS} from stock where sku = $1`, [sku]);
    return visible(sku, row && toStock(row));
  }
}
