import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module, type Type } from '@nestjs/common';
import { z } from 'zod';
import { BoundedContext } from '#kernel/bounded-context';
import { defineEvent } from '#kernel/contract/message';
import { delay } from '#kernel/messaging/delayed';
import { type Message, Subscribe } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';

/** What the receiver does at a message, beside writing down that it came. */
export const DOES = ['nothing', 'fail', 'dawdle', 'sit', 'delay', 'answer'] as const;
export type Does = (typeof DOES)[number];

export const Sent = defineEvent(
  'sender.sent.v1',
  'key',
  z.strictObject({ key: z.string(), n: z.int(), text: z.string(), does: z.enum(DOES) }),
);
/** As its sender writes it … */
export const Changed = defineEvent('sender.changed.v1', 'key', z.strictObject({ key: z.string(), n: z.string() }));
/** … and as its receiver reads it. */
const ChangedAsRead = defineEvent(Changed.name, 'key', z.strictObject({ key: z.string(), n: z.int() }));
/** Known to the receiver's newer version only. */
export const Added = defineEvent('sender.added.v1', 'key', z.strictObject({ key: z.string(), n: z.int() }));

const numbered = z.strictObject({ key: z.string(), n: z.int() });
const Reminded = defineEvent('receiver.reminded.v1', 'key', numbered);
const Answered = defineEvent('receiver.answered.v1', 'key', numbered);

/** How long a handler that dawdles takes, in milliseconds. */
export const DAWDLES = 1_500;
/** How long a message to oneself waits, in milliseconds. */
export const DELAY = 400;

/** Says `dawdles` with the key when a handler does, or sits, in this process. */
export const moments = new EventEmitter<{ dawdles: [key: string] }>();
/** How long a handler sits that is told to, in this process. */
export const seat = { isLeft: Promise.resolve() };

class Taken extends Migration {
  override up(): void {
    this.addSql('create table taken (at bigint generated always as identity, type text, key text, n int, text text)');
    this.addSql('create index taken_key on taken (key)');
    this.addSql('create table fault (key text primary key)');
  }
}

function note(tx: Transaction, type: string, key: string, n: number, text = ''): void {
  tx.execute('insert into taken (type, key, n, text) values ($1, $2, $3, $4)', [type.split('.')[1], key, n, text]);
}

@Injectable()
class AnswerTaker {
  @Subscribe(Answered)
  answered({ type, key, payload: { n } }: Message<typeof Answered>, tx: Transaction): void {
    note(tx, type, key, n);
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'sender', schema: 'sender', dependsOn: ['receiver'] },
      entities: [],
      migrations: [{ name: 'sender-0001', class: Taken }],
      subscribers: [AnswerTaker],
    }),
  ],
  providers: [AnswerTaker],
})
export class SenderModule {}

class Taker {
  async sent({ type, key, payload: { n, text, does } }: Message<typeof Sent>, tx: Transaction): Promise<void> {
    note(tx, type, key, n, text);
    if (does === 'fail' && (await tx.query('select 1 from fault where key = $1', [key])).length > 0)
      throw new Error('It was told to fail.');
    if (does === 'dawdle') {
      moments.emit('dawdles', key);
      await sleep(DAWDLES);
    }
    if (does === 'sit') {
      moments.emit('dawdles', key);
      await seat.isLeft;
    }
    if (does === 'delay') delay(tx, Reminded, { key, n }, DELAY);
    if (does === 'answer') tx.publish(Answered, { key, n });
  }

  changed({ type, key, payload: { n } }: Message<typeof ChangedAsRead>, tx: Transaction): void {
    note(tx, type, key, n);
  }

  added({ type, key, payload: { n } }: Message<typeof Added>, tx: Transaction): void {
    note(tx, type, key, n);
  }

  reminded({ type, key, payload: { n } }: Message<typeof Reminded>, tx: Transaction): void {
    note(tx, type, key, n);
  }
}

function receiverModule(version: 'older' | 'newer'): Type {
  @Injectable()
  class VersionedTaker extends Taker {}
  const { prototype } = VersionedTaker;
  Subscribe(Sent)(prototype, 'sent', {});
  Subscribe(ChangedAsRead)(prototype, 'changed', {});
  Subscribe(Reminded)(prototype, 'reminded', {});
  if (version === 'newer') Subscribe(Added)(prototype, 'added', {});
  class Receiver {}
  Module({
    imports: [
      BoundedContext.register({
        declaration: { name: 'receiver', schema: 'receiver', dependsOn: ['sender'] },
        entities: [],
        migrations: [{ name: 'receiver-0001', class: Taken }],
        subscribers: [VersionedTaker],
      }),
    ],
    providers: [VersionedTaker],
  })(Receiver);
  return Receiver;
}

/** The receiver as it runs. */
export const ReceiverModule = receiverModule('older');
/** The receiver as the sender's app knows it: of another version of the program. */
export const NewerReceiverModule = receiverModule('newer');
