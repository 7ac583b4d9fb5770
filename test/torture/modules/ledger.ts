import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import { Handle, type Message } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { Confirm, Confirmed } from './contract.js';
import { EFFECT, failSometimes, note } from './effects.js';
import { IMPATIENCE } from './impatience.js';
import { Load } from './load.js';

class Accounts extends Migration {
  override up(): void {
    this.addSql(`
      create table account (
        key text primary key,
        n int not null default 0,
        stroke uuid,
        cursed boolean not null default false,
        held_for double precision not null default 0
      )`);
    // The truth: a row for each number that was really taken, committed with the message that says so.
    this.addSql(
      'create table entry (key text not null, n int not null, stroke uuid not null, cursed boolean not null)',
    );
    this.addSql(`
      create function enter() returns trigger language plpgsql as $$
      begin
        insert into entry (key, n, stroke, cursed) values (new.key, new.n, new.stroke, new.cursed);
        return null;
      end $$`);
    this.addSql('create trigger enter after update on account for each row execute function enter()');
    // Holds a transaction open at its very end: its messages stand in the outbox and are not to be seen for long.
    this.addSql(`
      create function hold() returns trigger language plpgsql as
      $$ begin perform pg_sleep(new.held_for); return null; end $$`);
    this.addSql(`
      create constraint trigger hold after update on account deferrable initially deferred
      for each row when (new.held_for > 0) execute function hold()`);
    this.addSql(`create table confirmation ${EFFECT}`);
    for (const sql of IMPATIENCE) this.addSql(sql);
  }
}

@Injectable()
class LedgerSubscriber {
  @Handle(Confirm)
  confirm({ payload }: Message<typeof Confirm>, tx: Transaction): void {
    note(tx, 'confirmation', [payload]);
    tx.publish(Confirmed, payload);
    failSometimes(0.001);
  }
}

/** Takes numbers and says so: the producer. */
@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'ledger', schema: 'ledger', dependsOn: [] },
      entities: [],
      migrations: [{ name: 'ledger-0001-accounts', class: Accounts }],
      subscribers: [LedgerSubscriber],
    }),
  ],
  providers: [LedgerSubscriber, Load],
})
export class LedgerModule {}
