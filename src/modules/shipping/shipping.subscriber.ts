import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { Handle, type Message } from '#kernel/messaging/subscriptions';
import { CancelShipment } from './contract/cancel-shipment.js';
import { CreateShipment } from './contract/create-shipment.js';
import { PrepareShipment } from './prepare-shipment.js';
import { StopShipment } from './stop-shipment.js';

@Injectable()
export class ShippingSubscriber {
  constructor(private readonly commands: CommandBus) {}

  @Handle(CreateShipment)
  create({ payload }: Message<typeof CreateShipment>): Promise<void> {
    return this.commands.execute(new PrepareShipment(payload));
  }

  @Handle(CancelShipment)
  cancel({ payload }: Message<typeof CancelShipment>): Promise<void> {
    return this.commands.execute(new StopShipment(payload.reference));
  }
}
