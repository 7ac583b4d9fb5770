import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { delay } from '#kernel/messaging/delayed';
import { Handle, type Message, Subscribe } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { Confirm, Cursed, Posted, REMINDED_EVERY, Remind } from './contract.js';
import { EFFECT, failSometimes, note } from './effects.js';
import { IMPATIENCE } from './impatience.js';

class Postings extends Migration {
  override up(): void {
    this.addSql(`create table posting ${EFFECT}`);
    this.addSql('create index posting_at on posting (at)');
    this.addSql(`create table reminder ${EFFECT}`);
    for (const sql of IMPATIENCE) this.addSql(sql);
  }
}

@Injectable()
class MirrorSubscriber {
  /** Waits for the database in the middle of its work, so that a process may end or freeze there. */
  @Subscribe(Posted)
  async posted({ payload }: Message<typeof Posted>, tx: Transaction): Promise<void> {
    note(tx, 'posting', [payload]);
    await tx.query('select 1');
    tx.send(Confirm, payload);
    if (payload.n % REMINDED_EVERY === 0) delay(tx, Remind, payload, Math.random() * 3_000);
    failSometimes(0.001);
  }

  /** What it has written by then must be gone whenever it is looked at. */
  @Subscribe(Cursed)
  cursed({ payload }: Message<typeof Cursed>, tx: Transaction): void {
    note(tx, 'posting', [payload]);
    throw new Error('nobody can take this');
  }

  @Handle(Remind)
  remind({ payload }: Message<typeof Remind>, tx: Transaction): void {
    note(tx, 'reminder', [payload]);
    failSometimes(0.02);
  }
}

/** Takes message by message, sends a command back, and reminds itself. */
@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'mirror', schema: 'mirror', dependsOn: ['ledger'] },
      entities: [],
      migrations: [{ name: 'mirror-0001-postings', class: Postings }],
      subscribers: [MirrorSubscriber],
    }),
  ],
  providers: [MirrorSubscriber],
})
export class MirrorModule {}
