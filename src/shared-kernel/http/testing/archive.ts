import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '../../bounded-context.js';
import { type Message, Subscribe } from '../../messaging/subscriptions.js';
import type { Transaction } from '../../persistence/unit-of-work.js';
import { Entered, Sold } from './till-and-books.js';

class Shelf extends Migration {
  override up(): void {
    this.addSql('create table file (at bigint generated always as identity, type text, key text)');
  }
}

@Injectable()
class Archivist {
  @Subscribe(Sold, { replayable: true })
  async sold({ type, key }: Message<typeof Sold>, tx: Transaction): Promise<void> {
    await tx.query('insert into file (type, key) values ($1, $2)', [type, key]);
  }

  @Subscribe(Entered, { replayable: true })
  async entered({ type, key }: Message<typeof Entered>, tx: Transaction): Promise<void> {
    await tx.query('insert into file (type, key) values ($1, $2)', [type, key]);
  }
}

/** Files what the till and the books tell, wherever these live, and bears to hear it twice. */
@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'archive', schema: 'archive', dependsOn: ['till', 'books'] },
      entities: [],
      migrations: [{ name: 'archive-0001', class: Shelf }],
      subscribers: [Archivist],
    }),
  ],
  providers: [Archivist],
})
export class ArchiveModule {}
