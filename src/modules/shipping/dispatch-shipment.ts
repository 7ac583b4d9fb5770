import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ShipmentDispatched } from './contract/shipment-dispatched.js';
import { Shipment, unknownShipment } from './shipment.js';

export class DispatchShipment {
  constructor(readonly reference: string) {}
}

@CommandHandler(DispatchShipment)
export class DispatchShipmentHandler implements ICommandHandler<DispatchShipment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ reference }: DispatchShipment): Promise<Shipment> {
    return this.unitOfWork.transaction(async (tx) => {
      const shipment = await tx.em.findOne(Shipment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (!shipment) throw unknownShipment(reference);
      if (!shipment.dispatch(new Date())) return shipment;
      await tx.em.flush();
      tx.publish(ShipmentDispatched, { reference }, shipment.version);
      return shipment;
    });
  }
}
