import { defineEntity, p } from '@mikro-orm/core';
import { Account, type Role } from '../domain/account.js';

export const AccountMapping = defineEntity({
  class: Account,
  tableName: 'account',
  properties: {
    id: p.uuid().primary(),
    email: p.string(),
    name: p.string(),
    roles: p.array<Role>(),
    passwordHash: p.string(),
  },
});
