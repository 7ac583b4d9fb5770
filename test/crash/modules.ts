import { setTimeout as sleep } from 'node:timers/promises';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import { z } from 'zod';
import { BoundedContext } from '#kernel/bounded-context';
import { defineEvent } from '#kernel/contract/message';
import { type Message, Subscribe } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';

/** `does` says what its handler does: `kill` its process, `dawdle`, `sit` for long, or nothing else. */
export const Given = defineEvent(
  'giver.given.v1',
  'key',
  z.strictObject({ key: z.string(), n: z.int(), does: z.string() }),
);

class Taken extends Migration {
  override up(): void {
    this.addSql('create table taken (at bigint generated always as identity, key text, n int, pid int)');
  }
}

@Injectable()
class Taker {
  @Subscribe(Given)
  async given({ payload: { key, n, does } }: Message<typeof Given>, tx: Transaction): Promise<void> {
    await tx.query('insert into taken (key, n, pid) values ($1, $2, $3)', [key, n, process.pid]);
    if (does === 'kill') process.kill(process.pid, 'SIGKILL');
    if (does === 'dawdle') {
      process.stdout.write(`dawdles at ${key}\n`);
      await sleep(700);
    }
    if (does === 'sit') {
      process.stdout.write(`sits at ${key}\n`);
      await sleep(20_000);
    }
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'giver', schema: 'giver', dependsOn: [] },
      entities: [],
      migrations: [],
    }),
  ],
})
class GiverModule {}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'taker', schema: 'taker', dependsOn: ['giver'] },
      entities: [],
      migrations: [{ name: 'taker-0001', class: Taken }],
      subscribers: [Taker],
    }),
  ],
  providers: [Taker],
})
class TakerModule {}

export const MODULES = [GiverModule, TakerModule];
