import { defineEntity, p } from '@mikro-orm/core';
import { Payment, type PaymentGoal, type PaymentStatus } from '../domain/payment.js';

export const PaymentMapping = defineEntity({
  class: Payment,
  tableName: 'payment',
  properties: {
    reference: p.uuid().primary(),
    customerId: p.uuid().nullable(),
    amount: p.decimal(),
    currency: p.string(),
    idempotencyKey: p.uuid().nullable(),
    status: p.string().$type<PaymentStatus>(),
    goal: p.string().$type<PaymentGoal>(),
    reason: p.string().nullable(),
    token: p.string().nullable(),
    providerReference: p.string().nullable(),
    tries: p.integer(),
    askAt: p.datetime().nullable(),
    context: p.json().nullable(),
    version: p.integer().version(),
  },
});
