import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module, type Type } from '@nestjs/common';
import pg from 'pg';
import { z } from 'zod';
import { BoundedContext } from '#kernel/bounded-context';
import { defineEvent } from '#kernel/contract/message';
import { type Message, Subscribe, type SubscriptionOptions } from '#kernel/messaging/subscriptions';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { type BootedModules, bootModules, type Instance } from './booted-modules.js';
import { waitUntil } from './until.js';

const words = z.strictObject({ key: z.string(), n: z.int() });
export const Said = defineEvent('speaker.said.v1', 'key', words);
export const Sang = defineEvent('speaker.sang.v1', 'key', words);

class Heard extends Migration {
  override up(): void {
    this.addSql('create table heard (at bigint generated always as identity, type text, key text, n int)');
    this.addSql('create index heard_key on heard (key)');
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'speaker', schema: 'speaker', dependsOn: [] },
      entities: [],
      migrations: [],
    }),
  ],
})
export class SpeakerModule {}

export interface Listening {
  said?: SubscriptionOptions;
  sang?: SubscriptionOptions;
  retired?: string[];
}

/** Which handler is called with what, when it is. */
export const listening = new EventTarget();

/** A version of the module that writes down what it hears of the speaker. */
export function listenerModule({ said, sang, retired = [] }: Listening): Type {
  @Injectable()
  class Listener {
    async hear({ type, payload: { key, n } }: Message<typeof Said>, tx: Transaction): Promise<void> {
      tx.execute('insert into heard (type, key, n) values ($1, $2, $3)', [type.split('.')[1], key, n]);
      listening.dispatchEvent(new CustomEvent('heard', { detail: key }));
    }
    async alsoHear(message: Message<typeof Sang>, tx: Transaction): Promise<void> {
      await this.hear(message, tx);
    }
  }
  if (said) Subscribe(Said, said)(Listener.prototype, 'hear', {});
  if (sang) Subscribe(Sang, sang)(Listener.prototype, 'alsoHear', {});
  class ListenerModule {}
  Module({
    imports: [
      BoundedContext.register({
        declaration: { name: 'listener', schema: 'listener', dependsOn: ['speaker'], retired },
        entities: [],
        migrations: [{ name: 'listener-0001', class: Heard }],
        subscribers: [Listener],
      }),
    ],
    providers: [Listener],
  })(ListenerModule);
  return ListenerModule;
}

/** A speaker and a listener on a database of their own. */
export class Talk {
  private constructor(
    readonly booted: BootedModules,
    /** As the superuser. */
    readonly sql: pg.Client,
  ) {}

  static async begin(listener: Listening): Promise<Talk> {
    const booted = await bootModules([SpeakerModule, listenerModule(listener)]);
    const sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
    return new Talk(booted, sql);
  }

  async end(): Promise<void> {
    await this.sql.end();
    await this.booted.close();
  }

  /** Boots another version of the listener. */
  async restart(listener: Listening): Promise<void> {
    await this.booted.restart([SpeakerModule, listenerModule(listener)]);
  }

  async say(key: string, numbers: number[], instance: Pick<Instance, 'transaction'> = this.booted): Promise<void> {
    await instance.transaction(SpeakerModule, async (tx) => {
      for (const n of numbers) tx.publish(Said, { key, n });
    });
  }

  async sing(key: string, ...numbers: number[]): Promise<void> {
    await this.booted.transaction(SpeakerModule, async (tx) => {
      for (const n of numbers) tx.publish(Sang, { key, n });
    });
  }

  /** Such as `said 1`, in the order in which it was heard. */
  async heard(key: string): Promise<string[]> {
    const { rows } = await this.sql.query('select type, n from listener.heard where key = $1 order by at', [key]);
    return rows.map(({ type, n }) => `${type} ${n}`);
  }

  async hears(key: string, count: number): Promise<string[]> {
    await until(async () => (await this.heard(key)).length >= count, `${count} of ${key}`);
    return this.heard(key);
  }
}

export const until = (condition: () => Promise<boolean>, what: string, withinMs = 30_000): Promise<void> =>
  waitUntil(condition, withinMs, what);
