import { Module, type Type } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import type { Payload } from '#kernel/contract/message';
import { UnitOfWork } from '#kernel/persistence/unit-of-work';
import { ReserveStock } from '../contract/reserve-stock.js';

/** A module that sends commands of its own, for specs about what several senders do at once. */
export class Neighbour {
  readonly module: Type;
  private unitOfWork: UnitOfWork | undefined;

  constructor(name: string) {
    const declaration = { name, schema: name, dependsOn: ['inventory'] };
    const speech = {
      provide: Neighbour,
      inject: [UnitOfWork],
      useFactory: (voice: UnitOfWork) => this.speakWith(voice),
    };
    class Root {}
    Module({ imports: [BoundedContext.register({ declaration, entities: [], migrations: [] })], providers: [speech] })(
      Root,
    );
    this.module = Root;
  }

  /** Sent in one transaction, and so taken in one. */
  async reserve(wanted: readonly Payload<typeof ReserveStock>[]): Promise<void> {
    await this.unitOfWork?.transaction(async (tx) => {
      for (const each of wanted) tx.send(ReserveStock, each);
    });
  }

  private speakWith(voice: UnitOfWork): this {
    this.unitOfWork = voice;
    return this;
  }
}
