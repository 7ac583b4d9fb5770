import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { type Line, type Shortage, shortagesOf, totalsOf } from '../domain/lines.js';
import { STOCK_COLUMNS, type StockRow, toStock } from '../persistence/stock-ledger.js';

export class CheckAvailability {
  constructor(readonly lines: readonly Line[]) {}
}

/** Locks nothing: what it answers may be otherwise a moment later. */
@QueryHandler(CheckAvailability)
export class CheckAvailabilityHandler implements IQueryHandler<CheckAvailability> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ lines }: CheckAvailability): Promise<Shortage[]> {
    const totals = totalsOf(lines);
    const found = await this.unitOfWork.query<StockRow>(`select ${STOCK_COLUMNS} from stock where sku = any ($1)`, [
      totals.map(({ sku }) => sku),
    ]);
    const shelf = new Map(found.map((row) => [row.sku, toStock(row)]));
    const counted = totals.filter(({ sku }) => shelf.get(sku)?.stocked !== false);
    return shortagesOf(counted, shelf);
  }
}
