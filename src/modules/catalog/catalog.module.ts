import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { CatalogController } from './catalog.controller.js';
import declaration from './module.json' with { type: 'json' };
import { Products } from './persistence/migrations/0001-products.js';
import { ProductMapping } from './persistence/product.mapping.js';
import { AddProductHandler } from './use-cases/add-product.js';
import { ChangePriceHandler } from './use-cases/change-price.js';
import { GetProductHandler } from './use-cases/get-product.js';
import { SearchProductsHandler } from './use-cases/search-products.js';

@Module({
  imports: [
    BoundedContext.register({
      declaration,
      entities: [ProductMapping],
      migrations: [{ name: 'catalog-0001-products', class: Products }],
    }),
  ],
  controllers: [CatalogController],
  providers: [AddProductHandler, ChangePriceHandler, GetProductHandler, SearchProductsHandler],
})
export class CatalogModule {}
