import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { BoundedContext } from '../../../src/shared-kernel/bounded-context.js';
import { defineQuery, type ReplyOf, type RequestOf } from '../../../src/shared-kernel/contract/query.js';
import { Answers } from '../../../src/shared-kernel/requests/answers.js';
import { levelsOf } from '../workload.js';

export const Levels = defineQuery(
  'stock.levels.v1',
  z.strictObject({ warehouse: z.string(), products: z.array(z.string()) }),
  z.strictObject({
    warehouse: z.string(),
    levels: z.array(z.strictObject({ product: z.string(), available: z.int() })),
  }),
);

@Injectable()
class StockAnswers {
  @Answers(Levels)
  async levels(request: RequestOf<typeof Levels>): Promise<ReplyOf<typeof Levels>> {
    return levelsOf(request);
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'stock', schema: 'stock', dependsOn: [] },
      entities: [],
      migrations: [],
      answers: [StockAnswers],
    }),
  ],
  providers: [StockAnswers],
})
export class StockModule {}
