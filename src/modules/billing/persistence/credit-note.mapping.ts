import { defineEntity, p } from '@mikro-orm/core';
import { CreditNote } from '../domain/credit-note.js';

export const CreditNoteMapping = defineEntity({
  class: CreditNote,
  tableName: 'credit_note',
  properties: {
    reference: p.uuid().primary(),
    customerId: p.uuid().nullable(),
    amount: p.decimal(),
    currency: p.string(),
  },
});
