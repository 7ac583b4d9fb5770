import { Logger } from '@nestjs/common';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ReservationFulfilled } from '../contract/reservation-fulfilled.js';
import { Reservation } from '../domain/reservation.js';
import { moveStock, takeTurn } from '../persistence/stock-ledger.js';

/** The goods of a reservation leave the house: a goods issue. */
export class IssueReservedStock {
  constructor(readonly reference: string) {}
}

@CommandHandler(IssueReservedStock)
export class IssueReservedStockHandler implements ICommandHandler<IssueReservedStock> {
  private readonly log = new Logger('inventory');

  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference }: IssueReservedStock): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      await takeTurn(tx);
      const reservation = await tx.em.findOne(Reservation, { reference });
      if (reservation?.fulfil()) await moveStock(tx, { kind: 'fulfil', reference }, reservation.lines);
      else if (!reservation?.stands) this.log.warn(`Goods left for ${reference}, but none were reserved for it.`);
      tx.publish(ReservationFulfilled, { reference }, reservation?.version);
    });
  }
}
