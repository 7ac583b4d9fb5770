import { defineEntity, p } from '@mikro-orm/core';
import { Product } from '../domain/product.js';

export const ProductMapping = defineEntity({
  class: Product,
  tableName: 'product',
  properties: {
    sku: p.string().primary(),
    name: p.string(),
    stocked: p.boolean(),
    amount: p.decimal(),
    currency: p.string(),
    version: p.integer().version(),
  },
});
