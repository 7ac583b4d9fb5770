import { defineEntity, p } from '@mikro-orm/core';

/** The business row as an entity. */
export class Purchase {
  readonly id: string;
  readonly customer: string;
  readonly amount: string;

  constructor({ purchase, customer, amount }: { purchase: string; customer: string; amount: string }) {
    this.id = purchase;
    this.customer = customer;
    this.amount = amount;
  }
}

export const PurchaseMapping = defineEntity({
  class: Purchase,
  tableName: 'purchase',
  properties: {
    id: p.uuid().primary(),
    customer: p.string(),
    amount: p.decimal(),
  },
});
