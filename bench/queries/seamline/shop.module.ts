import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '../../../src/shared-kernel/bounded-context.js';
import { Queries } from '../../../src/shared-kernel/requests/queries.js';
import { type LevelsReply, type LevelsRequest, WITHIN } from '../workload.js';
import { Levels } from './stock.module.js';

/** Asks the stock, wherever it lives. */
@Injectable()
export class Shop {
  constructor(private readonly queries: Queries) {}

  levels(request: LevelsRequest): Promise<LevelsReply> {
    return this.queries.ask(Levels, request, { within: WITHIN });
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'shop', schema: 'shop', dependsOn: ['stock'] },
      entities: [],
      migrations: [],
      asks: [Levels],
    }),
  ],
  providers: [Shop],
})
export class ShopModule {}
