import { Controller, Get, Param, Post } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Allow, CurrentPrincipal, ownerUnless } from '#kernel/http/access';
import { accepted } from '#kernel/http/answer';
import { Refuses, Returns } from '#kernel/http/openapi';
import { ReadYourWrites } from '#kernel/http/read-your-writes';
import type { Principal } from '#kernel/http/tokens';
import { Uuid } from '#kernel/http/uuid';
import { DispatchShipment } from './dispatch-shipment.js';
import { GetShipment } from './get-shipment.js';
import type { Shipment } from './shipment.js';

const ShipmentView = z.object({
  orderId: z.uuid(),
  status: z.enum(['waiting', 'dispatched', 'cancelled']),
  lines: z.array(z.object({ sku: z.string(), quantity: z.int() })),
  dispatchedAt: z.iso.datetime().nullable(),
});

@Controller('shipping/shipments')
@ReadYourWrites()
export class ShippingController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Get(':orderId')
  @Returns(200, ShipmentView, 'The shipment for the order.')
  @Refuses({ 404: 'no such shipment, or it is not yours' })
  async get(@Param('orderId', { schema: Uuid }) orderId: string, @CurrentPrincipal() reader: Principal) {
    const shipment: Shipment = await this.queries.execute(
      new GetShipment(orderId, ownerUnless(reader, 'sales', 'admin')),
    );
    return view(shipment);
  }

  @Post(':orderId/dispatch')
  @Allow('admin')
  @Returns(202, ShipmentView, 'It has left the house, now or before.')
  @Refuses({ 404: 'no such shipment', 409: 'it was cancelled' })
  async dispatch(@Param('orderId', { schema: Uuid }) orderId: string) {
    const shipment: Shipment = await this.commands.execute(new DispatchShipment(orderId));
    return accepted(view(shipment), `/shipping/shipments/${shipment.reference}`);
  }
}

function view({ reference, status, lines, dispatchedAt }: Shipment): z.infer<typeof ShipmentView> {
  return { orderId: reference, status, lines: [...lines], dispatchedAt: dispatchedAt?.toISOString() ?? null };
}
