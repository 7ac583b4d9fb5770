import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import type { Page } from '#kernel/http/pagination';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { Product } from '../domain/product.js';

export class SearchProducts {
  constructor(readonly filter: { search?: string | undefined; after?: string | undefined; limit: number }) {}
}

@QueryHandler(SearchProducts)
export class SearchProductsHandler implements IQueryHandler<SearchProducts> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ filter: { search, after, limit } }: SearchProducts): Promise<Page<Product>> {
    const found = await this.unitOfWork.reader.find(
      Product,
      {
        ...(after === undefined ? {} : { sku: { $gt: after } }),
        ...(search === undefined ? {} : { $or: [{ sku: search }, { name: { $ilike: containing(search) } }] }),
      },
      { orderBy: { sku: 'asc' }, limit: limit + 1 },
    );
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? (items.at(-1)?.sku ?? null) : null };
  }
}

function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}
