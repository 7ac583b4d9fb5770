import { defineEntity, p } from '@mikro-orm/core';
import type { Line, Shortage } from '../domain/lines.js';
import { Reservation } from '../domain/reservation.js';

export const ReservationMapping = defineEntity({
  class: Reservation,
  tableName: 'reservation',
  properties: {
    reference: p.uuid().primary(),
    state: p.string().$type<'reserved' | 'refused' | 'released' | 'fulfilled'>(),
    lines: p.json().$type<readonly Line[]>(),
    shortages: p.json().$type<readonly Shortage[]>(),
    version: p.integer().version(),
  },
});
