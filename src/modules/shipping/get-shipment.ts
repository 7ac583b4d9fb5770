import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Shipment, unknownShipment } from './shipment.js';

export class GetShipment {
  constructor(
    readonly reference: string,
    /** Whose shipment it has to be; undefined for anyone's. */
    readonly owner: string | undefined,
  ) {}
}

@QueryHandler(GetShipment)
export class GetShipmentHandler implements IQueryHandler<GetShipment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ reference, owner }: GetShipment): Promise<Shipment> {
    const shipment = await this.unitOfWork.reader.findOne(Shipment, { reference });
    if (!shipment || (owner !== undefined && shipment.customerId !== owner)) throw unknownShipment(reference);
    return shipment;
  }
}
