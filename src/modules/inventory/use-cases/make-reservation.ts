import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Transaction, UnitOfWork } from '#kernel/persistence/unit-of-work';
import { StockRefused } from '../contract/stock-refused.js';
import { StockReserved } from '../contract/stock-reserved.js';
import type { Line } from '../domain/lines.js';
import { Reservation } from '../domain/reservation.js';
import { lockStock, moveStock, takeTurn } from '../persistence/stock-ledger.js';

export class MakeReservation {
  constructor(readonly wanted: { reference: string; lines: readonly Line[] }) {}
}

@CommandHandler(MakeReservation)
export class MakeReservationHandler implements ICommandHandler<MakeReservation> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ wanted }: MakeReservation): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      await takeTurn(tx);
      const decided = await tx.em.findOne(Reservation, { reference: wanted.reference });
      answer(tx, decided ?? (await decide(tx, wanted)));
    });
  }
}

async function decide(tx: Transaction, { reference, lines }: MakeReservation['wanted']): Promise<Reservation> {
  const shelf = await lockStock(tx, [...new Set(lines.map(({ sku }) => sku))]);
  const reservation = Reservation.decide(reference, lines, shelf);
  if (reservation.stands) await moveStock(tx, { kind: 'reserve', reference }, reservation.lines);
  tx.em.persist(reservation);
  return reservation;
}

function answer(tx: Transaction, { reference, stands, shortages, version }: Reservation): void {
  if (stands) tx.publish(StockReserved, { reference }, version);
  else tx.publish(StockRefused, { reference, shortages: [...shortages] }, version);
}
