import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Payload } from '#kernel/contract/message';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import type { CreateShipment } from './contract/create-shipment.js';
import { ShipmentCancelled } from './contract/shipment-cancelled.js';
import { ShipmentCreated } from './contract/shipment-created.js';
import { Shipment } from './shipment.js';

export class PrepareShipment {
  constructor(readonly details: Payload<typeof CreateShipment>) {}
}

@CommandHandler(PrepareShipment)
export class PrepareShipmentHandler implements ICommandHandler<PrepareShipment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Asked again, it answers what stands: the shipment that there is, or that there will be none. */
  execute({ details }: PrepareShipment): Promise<void> {
    return this.unitOfWork.transaction(async (tx) => {
      const { reference } = details;
      const known = await tx.em.findOne(Shipment, { reference }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const shipment = known ?? new Shipment(details);
      await tx.em.persist(shipment).flush();
      tx.publish(
        shipment.status === 'cancelled' ? ShipmentCancelled : ShipmentCreated,
        { reference },
        shipment.version,
      );
    });
  }
}
