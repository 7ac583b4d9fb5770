import { defineEntity, p } from '@mikro-orm/core';
import { GoodsReturn } from '../domain/goods-return.js';
import type { OrderLine } from '../domain/order-lines.js';

export const GoodsReturnMapping = defineEntity({
  class: GoodsReturn,
  tableName: 'goods_return',
  properties: {
    id: p.uuid().primary(),
    customerId: p.uuid().nullable(),
    lines: p.json().$type<readonly OrderLine[]>(),
    amount: p.decimal(),
    currency: p.string(),
    backOnShelf: p.boolean(),
    credited: p.boolean(),
    version: p.integer().version(),
  },
});
