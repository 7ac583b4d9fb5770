import { type IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { GoodsReturn, unknownReturn } from '../domain/goods-return.js';

export class GetReturn {
  constructor(
    readonly returnId: string,
    /** Whose return it must be; anybody's when undefined. */
    readonly owner: string | undefined,
  ) {}
}

@QueryHandler(GetReturn)
export class GetReturnHandler implements IQueryHandler<GetReturn> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  async execute({ returnId, owner }: GetReturn): Promise<GoodsReturn> {
    const goods = await this.unitOfWork.reader.findOne(GoodsReturn, { id: returnId });
    if (!goods || (owner !== undefined && goods.customerId !== owner)) throw unknownReturn(returnId);
    return goods;
  }
}
