import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ShipmentCancellationRefused } from './contract/shipment-cancellation-refused.js';
import { ShipmentCancelled } from './contract/shipment-cancelled.js';
import { Shipment } from './shipment.js';

export class StopShipment {
  constructor(readonly reference: string) {}
}

@CommandHandler(StopShipment)
export class StopShipmentHandler implements ICommandHandler<StopShipment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference }: StopShipment): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const known = await tx.em.findOne(Shipment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const shipment = known ?? new Shipment({ reference, customerId: null, lines: [] });
      const stays = shipment.cancel();
      await tx.em.persist(shipment).flush();
      if (stays) tx.publish(ShipmentCancelled, { reference }, shipment.version);
      else tx.publish(ShipmentCancellationRefused, { reference, reason: 'dispatched' }, shipment.version);
    });
  }
}
