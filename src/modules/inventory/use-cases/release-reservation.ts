import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Transaction, UnitOfWork } from '#kernel/persistence/unit-of-work';
import { StockReleased } from '../contract/stock-released.js';
import { Reservation } from '../domain/reservation.js';
import { moveStock, takeTurn } from '../persistence/stock-ledger.js';

export class ReleaseReservation {
  constructor(readonly reference: string) {}
}

@CommandHandler(ReleaseReservation)
export class ReleaseReservationHandler implements ICommandHandler<ReleaseReservation> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference }: ReleaseReservation): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      await takeTurn(tx);
      const reservation = (await tx.em.findOne(Reservation, { reference })) ?? forestall(tx, reference);
      if (reservation.release()) await moveStock(tx, { kind: 'release', reference }, reservation.lines);
      tx.publish(StockReleased, { reference }, reservation.version);
    });
  }
}

function forestall(tx: Transaction, reference: string): Reservation {
  const reservation = Reservation.forestalled(reference);
  tx.em.persist(reservation);
  return reservation;
}
