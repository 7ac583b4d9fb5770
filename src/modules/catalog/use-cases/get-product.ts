import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Product, unknownProduct } from '../domain/product.js';

export class GetProduct {
  constructor(readonly sku: string) {}
}

@QueryHandler(GetProduct)
export class GetProductHandler implements IQueryHandler<GetProduct> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ sku }: GetProduct): Promise<Product> {
    const product = await this.unitOfWork.reader.findOne(Product, { sku });
    if (!product) throw unknownProduct(sku);
    return product;
  }
}
