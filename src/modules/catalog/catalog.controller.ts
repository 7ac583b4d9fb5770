import { Body, Controller, Get, Param, Post, Put, Query } from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { Money } from '#kernel/contract/money';
import { Allow, Public } from '#kernel/http/access';
import { created } from '#kernel/http/answer';
import { Idempotent } from '#kernel/http/idempotency';
import { Refuses, Returns } from '#kernel/http/openapi';
import { pageOf, pageQuery } from '#kernel/http/pagination';
import { ReadYourWrites } from '#kernel/http/read-your-writes';
import type { Product } from './domain/product.js';
import { AddProduct } from './use-cases/add-product.js';
import { ChangePrice } from './use-cases/change-price.js';
import { GetProduct } from './use-cases/get-product.js';
import { SearchProducts } from './use-cases/search-products.js';

const Sku = z
  .string()
  .min(1)
  .max(40)
  .regex(/^[^\p{Cc}]+$/u, 'must hold no control characters')
  .regex(/[^.]/, 'must be more than dots: it is part of an address')
  .describe('opaque and case-sensitive');
const ProductView = z.object({ sku: z.string(), name: z.string(), price: Money, stocked: z.boolean() });
const NewProduct = z.strictObject({
  sku: Sku,
  name: z.string().trim().min(1).max(200),
  price: Money,
  stocked: z.boolean().default(true).describe('false for what is sold but not kept in stock'),
});
const NewPrice = z.strictObject({ price: Money });
const ProductSearch = z.strictObject({
  ...pageQuery,
  search: z.string().min(1).max(200).optional().describe('part of the name, or the whole sku'),
});

@Controller('catalog/products')
@ReadYourWrites()
export class CatalogController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  @Allow('admin')
  @Idempotent()
  @Returns(201, ProductView, 'The product is for sale.')
  @Refuses({ 409: 'there is a product of that sku' })
  async add(@Body({ schema: NewProduct }) details: z.output<typeof NewProduct>) {
    const product: Product = await this.commands.execute(new AddProduct(details));
    return created(view(product), `/catalog/products/${encodeURIComponent(product.sku)}`);
  }

  @Put(':sku/price')
  @Allow('admin')
  @Returns(200, ProductView, 'The product at its new price.')
  @Refuses({ 404: 'no such product' })
  async reprice(@Param('sku') sku: string, @Body({ schema: NewPrice }) { price }: z.output<typeof NewPrice>) {
    const product: Product = await this.commands.execute(new ChangePrice(sku, price));
    return view(product);
  }

  @Get()
  @Public()
  @Returns(200, pageOf(ProductView), 'Products in the order of their sku.')
  async search(@Query({ schema: ProductSearch }) filter: z.output<typeof ProductSearch>) {
    const { items, next } = await this.queries.execute(new SearchProducts(filter));
    return { items: items.map(view), next };
  }

  @Get(':sku')
  @Public()
  @Returns(200, ProductView, 'The product.')
  @Refuses({ 404: 'no such product' })
  async get(@Param('sku') sku: string) {
    return view(await this.queries.execute(new GetProduct(sku)));
  }
}

function view({ sku, name, price, stocked }: Product): z.infer<typeof ProductView> {
  return { sku, name, price, stocked };
}
