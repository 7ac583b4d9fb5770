import { defineEntity, p } from '@mikro-orm/core';
import { Shipment, type ShipmentLine, type ShipmentStatus } from '../shipment.js';

export const ShipmentMapping = defineEntity({
  class: Shipment,
  tableName: 'shipment',
  properties: {
    reference: p.uuid().primary(),
    customerId: p.uuid().nullable(),
    lines: p.json().$type<readonly ShipmentLine[]>(),
    status: p.string().$type<ShipmentStatus>(),
    dispatchedAt: p.datetime().nullable(),
    version: p.integer().version(),
  },
});
