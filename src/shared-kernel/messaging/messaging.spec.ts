import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import pg from 'pg';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { untilWithin } from '#test/until';
import { BoundedContext } from '../bounded-context.js';
import { defineCommand, defineEvent } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { type Message, Subscribe } from './subscriptions.js';

const Counted = defineEvent(
  'teller.counted.v1',
  'key',
  z.strictObject({ key: z.string(), n: z.int(), note: z.string().optional() }),
);
const Unheard = defineCommand('listener.unheard.v1', 'key', z.strictObject({ key: z.string() }));

class Heard extends Migration {
  override up(): void {
    this.addSql('create table heard (at bigint generated always as identity, id text, key text, n int)');
    this.addSql('create table trouble (key text primary key, times int not null)');
  }
}

/** Writes down what it hears, and fails as often as the table `trouble` says for that key and number. */
@Injectable()
class Listener {
  @Subscribe(Counted)
  async counted({ id, key, payload }: Message<typeof Counted>, tx: Transaction): Promise<void> {
    await tx.query('insert into heard (id, key, n) values ($1, $2, $3)', [id, key, payload.n]);
    const [trouble] = await tx.query<{ times: number }>('select times from trouble where key = $1', [
      `${key}:${payload.n}`,
    ]);
    if (trouble && attempts(key, payload.n) <= trouble.times) throw new Error(`no luck with ${key}:${payload.n}`);
  }
}

const tried = new Map<string, number>();
function attempts(key: string, n: number): number {
  const count = (tried.get(`${key}:${n}`) ?? 0) + 1;
  tried.set(`${key}:${n}`, count);
  return count;
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'teller', schema: 'teller', dependsOn: ['listener'] },
      entities: [],
      migrations: [],
    }),
  ],
})
class TellerModule {}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'listener', schema: 'listener', dependsOn: ['teller'] },
      entities: [],
      migrations: [{ name: 'listener-0001', class: Heard }],
      subscribers: [Listener],
    }),
  ],
  providers: [Listener],
})
class ListenerModule {}

describe('messages between modules', () => {
  let booted: BootedModules;
  let sql: pg.Client;

  beforeAll(async () => {
    booted = await bootModules([TellerModule, ListenerModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });

  const tell = (key: string, ...numbers: number[]) =>
    booted.transaction(TellerModule, async (tx) => {
      for (const n of numbers) tx.publish(Counted, { key, n });
    });
  const heard = async (key: string) =>
    (await sql.query<{ n: number }>('select n from listener.heard where key = $1 order by at', [key])).rows.map(
      ({ n }) => n,
    );
  const until = untilWithin(30_000);
  const trouble = (key: string, n: number, times: number) =>
    sql.query('insert into listener.trouble values ($1, $2)', [`${key}:${n}`, times]);

  it('arrive once and in order', async () => {
    await tell('order', 1, 2, 3);
    await tell('order', 4);
    await until(async () => (await heard('order')).length === 4);
    expect(await heard('order')).toEqual([1, 2, 3, 4]);
  });

  it('are not sent by a transaction that fails', async () => {
    const failing = booted.transaction(TellerModule, async (tx) => {
      tx.publish(Counted, { key: 'rolled-back', n: 1 });
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    await tell('after-rollback', 1);
    await until(async () => (await heard('after-rollback')).length === 1);
    expect(await heard('rolled-back')).toEqual([]);
  });

  it('are refused outside a transaction, with a sentence that says what to do', async () => {
    let escaped: Transaction | undefined;
    await booted.transaction(TellerModule, async (tx) => {
      escaped = tx;
    });
    expect(() => escaped?.publish(Counted, { key: 'late', n: 1 })).toThrow('the transaction of teller has ended');
  });

  it('are refused when they break their closed contract, are too large or belong to another module', async () => {
    const say = (act: (tx: Transaction) => void) => booted.transaction(TellerModule, async (tx) => act(tx));
    await expect(say((tx) => tx.publish(Counted, { key: 'x', n: 1, more: 1 } as never))).rejects.toThrow(
      'Unrecognized key',
    );
    await expect(say((tx) => tx.publish(Counted, { key: 'x', n: 1, note: 'x'.repeat(262_144) }))).rejects.toThrow(
      '262144 may travel',
    );
    const foreign = booted.transaction(ListenerModule, async (tx) => tx.publish(Counted, { key: 'x', n: 1 }));
    await expect(foreign).rejects.toThrow('only teller owns that event');
  });

  it('come again after a failure, with their effects once and their key in order, while other keys flow', async () => {
    await trouble('stubborn', 1, 2);
    await tell('stubborn', 1, 2);
    await tell('easy', 1);
    await until(async () => (await heard('easy')).length === 1);
    await until(async () => (await heard('stubborn')).length === 2);
    expect(await heard('stubborn')).toEqual([1, 2]);
    expect(tried.get('stubborn:1')).toBeGreaterThanOrEqual(3);
  });

  it('are found by bisection when one of a batch is bad', async () => {
    await trouble('bad', 7, 3);
    await booted.transaction(TellerModule, async (tx) => {
      for (let n = 0; n < 50; n++) tx.publish(Counted, { key: n === 7 ? 'bad' : `good-${n}`, n });
    });
    await until(async () => (await heard('bad')).length === 1);
    const good = async () => (await sql.query("select distinct key from listener.heard where key like 'good-%'")).rows;
    await until(async () => (await good()).length === 49);
    const doubled = await sql.query('select key from listener.heard group by key, n having count(*) > 1');
    expect(doubled.rows).toEqual([]);
  });

  it('overtake a transaction that stays open, and lose nothing when it commits at last', async () => {
    let commit = () => {};
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const slow = booted.transaction(TellerModule, async (tx) => {
      tx.publish(Counted, { key: 'slow', n: 1 });
      await tx.query('select pg_current_xact_id()');
      await held;
    });
    await tell('fast', 1);
    await until(async () => (await heard('fast')).length === 1);
    commit();
    await slow;
    await until(async () => (await heard('slow')).length === 1);
    expect(await heard('slow')).toEqual([1]);
  });

  it('are taken once although a batch is sent again', async () => {
    await tell('again', 1);
    await until(async () => (await heard('again')).length === 1);
    await sql.query(
      `insert into teller.relay_position (subscriber, partition, move, s1, floor, last_id)
       select subscriber, partition, max(move) + 1000, '3:3:', 0, 0 from teller.relay_position group by 1, 2`,
    );
    await booted.restart();
    await tell('again', 2);
    await until(async () => (await heard('again')).length === 2);
    expect(await heard('again')).toEqual([1, 2]);
  });

  it('become dead letters with their reason when nobody handles them', async () => {
    const message = {
      specversion: '1.0',
      id: '0199a000-0000-7000-8000-0000000000aa',
      source: '/teller',
      type: Unheard.name,
      subject: 'k',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      correlationid: 'c',
      data: { key: 'k' },
    } as const;
    const batch = {
      source: 'teller',
      subscriber: 'listener',
      partition: 9,
      epoch: 1,
      number: 1,
      generation: 0,
      messages: [message],
    };
    expect(await booted.transport.send(batch)).toEqual({ kind: 'taken' });
    const dead = await sql.query('select type, reason from listener.dead_letter where key = $1', ['k']);
    expect(dead.rows).toEqual([{ type: Unheard.name, reason: 'listener has no handler for listener.unheard.v1.' }]);
  });
});
