import { LockMode } from '@mikro-orm/core';
import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Money } from '#kernel/contract/money';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { PriceChanged } from '../contract/price-changed.js';
import { Product, unknownProduct } from '../domain/product.js';

export class ChangePrice {
  constructor(
    readonly sku: string,
    readonly price: Money,
  ) {}
}

@CommandHandler(ChangePrice)
export class ChangePriceHandler implements ICommandHandler<ChangePrice> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute({ sku, price }: ChangePrice): Promise<Product> {
    return this.unitOfWork.transaction(async (tx) => {
      const product = await tx.em.findOne(Product, { sku }, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if (!product) throw unknownProduct(sku);
      if (!product.reprice(price)) return product;
      await tx.em.flush();
      tx.publish(PriceChanged, { sku, price: product.price }, product.version);
      return product;
    });
  }
}
