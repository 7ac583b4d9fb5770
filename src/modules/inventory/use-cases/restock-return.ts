import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { StockTakenBack } from '../contract/stock-taken-back.js';
import { type Line, placeable, totalsOf } from '../domain/lines.js';
import { hasMoved, lockStock, moveStock, takeTurn } from '../persistence/stock-ledger.js';

export class RestockReturn {
  constructor(readonly returned: { reference: string; lines: readonly Line[] }) {}
}

@CommandHandler(RestockReturn)
export class RestockReturnHandler implements ICommandHandler<RestockReturn> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ returned: { reference, lines } }: RestockReturn): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      await takeTurn(tx);
      if (!(await hasMoved(tx, 'take-back', reference))) {
        const totals = totalsOf(lines);
        const shelf = await lockStock(
          tx,
          totals.map(({ sku }) => sku),
        );
        await moveStock(tx, { kind: 'take-back', reference }, placeable(totals, shelf));
      }
      tx.publish(StockTakenBack, { reference });
    });
  }
}
