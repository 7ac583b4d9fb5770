import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Money } from '#kernel/contract/money';
import { isUniqueViolation } from '#kernel/persistence/failures';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ProductAdded } from '../contract/product-added.js';
import { Product, productExists } from '../domain/product.js';

export class AddProduct {
  constructor(readonly details: { sku: string; name: string; price: Money; stocked: boolean }) {}
}

@CommandHandler(AddProduct)
export class AddProductHandler implements ICommandHandler<AddProduct> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ details }: AddProduct): Promise<Product> {
    return this.unitOfWork.transaction(async (tx) => {
      const product = new Product(details);
      await tx.em
        .persist(product)
        .flush()
        .catch((error) => {
          throw isUniqueViolation(error) ? productExists(details.sku) : error;
        });
      const { sku, name, price, stocked } = product;
      tx.publish(ProductAdded, { sku, name, price, stocked }, product.version);
      return product;
    });
  }
}
