import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { type Message, SubscribeInBatches } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { Confirmed, Posted } from './contract.js';
import { EFFECT, failSometimes, note } from './effects.js';
import { IMPATIENCE } from './impatience.js';

class Postings extends Migration {
  override up(): void {
    this.addSql(`create table posting ${EFFECT}`);
    this.addSql(`create table confirmation ${EFFECT}`);
    for (const sql of IMPATIENCE) this.addSql(sql);
  }
}

@Injectable()
class AuditSubscriber {
  @SubscribeInBatches(Posted)
  posted(messages: readonly Message<typeof Posted>[], tx: Transaction): void {
    note(tx, 'posting', payloadsOf(messages));
    failSometimes(0.003);
  }

  @SubscribeInBatches(Confirmed)
  async confirmed(messages: readonly Message<typeof Confirmed>[], tx: Transaction): Promise<void> {
    note(tx, 'confirmation', payloadsOf(messages));
    await tx.query('select 1');
  }
}

const payloadsOf = (messages: readonly Message<typeof Posted>[]) => messages.map(({ payload }) => payload);

/** Takes batch by batch. */
@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'audit', schema: 'audit', dependsOn: ['ledger'] },
      entities: [],
      migrations: [{ name: 'audit-0001-postings', class: Postings }],
      subscribers: [AuditSubscriber],
    }),
  ],
  providers: [AuditSubscriber],
})
export class AuditModule {}
