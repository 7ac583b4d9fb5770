import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { BoundedContext } from '../bounded-context.js';
import type { Envelope } from '../contract/envelope.js';
import { defineEvent } from '../contract/message.js';
import { type Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { type Message, Subscribe, SubscribeInBatches } from './subscriptions.js';

const shape = z.strictObject({ key: z.string(), n: z.int() });
const Quick = defineEvent('desk.quick.v1', 'key', shape);
const Heap = defineEvent('desk.heap.v1', 'key', shape);
const Slow = defineEvent('desk.slow.v1', 'key', shape);
const Mute = defineEvent('desk.mute.v1', 'key', shape);
type Given = Message<typeof Quick>;

/** Short, so that the tests are. */
const DEADLINE = 400;
/** Longer than the server lets a transaction be silent here. */
const PATIENCE = 9_000;
const silentAtMost = (tx: Transaction, milliseconds: number) =>
  tx.query(`set local idle_in_transaction_session_timeout = ${milliseconds}`);

class Notes extends Migration {
  override up(): void {
    this.addSql('create table note (at bigint generated always as identity, key text, n int)');
  }
}

const faults = new Map<string, (message: Given, tx: Transaction, clerk: Clerk) => unknown>();
const write = (tx: Transaction, { key, payload: { n } }: Given) =>
  tx.query('insert into note (key, n) values ($1, $2)', [key, n]);

@Injectable()
class Clerk {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** As use cases do, which join the transaction of the message. */
  note(message: Given): Promise<unknown> {
    return this.unitOfWork.transaction((tx) => write(tx, message));
  }

  @Subscribe(Quick, { deadline: DEADLINE })
  async quick(message: Given, tx: Transaction): Promise<void> {
    await write(tx, message);
    await faults.get(message.key)?.(message, tx, this);
  }

  @SubscribeInBatches(Heap, { deadline: 2 * DEADLINE })
  async heap(messages: readonly Given[], tx: Transaction): Promise<void> {
    for (const message of messages) {
      await write(tx, message);
      await faults.get(message.key)?.(message, tx, this);
    }
  }

  /** Says nothing to the database by itself. */
  @Subscribe(Mute)
  async mute(message: Given, tx: Transaction): Promise<void> {
    await faults.get(message.key)?.(message, tx, this);
  }

  @Subscribe(Slow, { deadline: PATIENCE })
  async slow(message: Given, tx: Transaction): Promise<void> {
    await write(tx, message);
    await faults.get(message.key)?.(message, tx, this);
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'desk', schema: 'desk', dependsOn: [] },
      entities: [],
      migrations: [{ name: 'desk-0001', class: Notes }],
      subscribers: [Clerk],
    }),
  ],
  providers: [Clerk],
})
class DeskModule {}

describe('a handler that does not come to its end', () => {
  let booted: BootedModules;
  let sql: pg.Client;
  let number = 0;

  beforeAll(async () => {
    booted = await bootModules([DeskModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });
  afterEach(async () => {
    faults.clear();
    await sql.query('truncate desk.note, desk.parked');
  });

  const batchOf = (...messages: Envelope[]) => ({
    source: 'desk',
    subscriber: 'desk',
    partition: 9,
    epoch: 1,
    number: ++number,
    generation: 0,
    messages,
  });
  const send = (...messages: Envelope[]) => booted.transport.send(batchOf(...messages));
  const notes = async () => (await sql.query('select key from desk.note order by at')).rows.map(({ key }) => key);
  const parked = async () => (await sql.query('select key, reason from desk.parked')).rows;
  const inTime = (key: string, reason = `did not end within ${DEADLINE} ms`) => [
    { key, reason: expect.stringContaining(reason) },
  ];
  const statementsRunning = async (text: string) =>
    (
      await sql.query(
        "select 1 from pg_stat_activity where state = 'active' and query like $1 and datname = current_database()",
        [`${text}%`],
      )
    ).rowCount;

  it('is cut at its deadline: undone and parked, while all others of its batch are taken', async () => {
    const late: Promise<unknown>[] = [];
    faults.set('stuck', (message, tx) => {
      late.push(sleep(DEADLINE + 200).then(() => write(tx, message).then(String, String)));
      return new Promise(() => undefined);
    });
    await send(message(Slow, 'before'), message(Quick, 'stuck'), message(Slow, 'after'));
    expect({ notes: await notes(), parked: await parked() }).toEqual({
      notes: ['before', 'after'],
      parked: inTime('stuck'),
    });
    for (const each of await Promise.all(late)) expect(each).toContain('the transaction of desk has ended');
    expect(late).not.toEqual([]);
    expect(await notes()).toEqual(['before', 'after']);
  });

  it('has no effect through a use case that it calls after its deadline, which would be one of its own', async () => {
    const late: Promise<unknown>[] = [];
    faults.set('stuck', async (message, _, clerk) => {
      late.push(sleep(DEADLINE + 200).then(() => clerk.note(message).then(String, String)));
      await clerk.note(message);
      await late.at(-1);
    });
    await send(message(Quick, 'stuck'));
    for (const each of await Promise.all(late)) expect(each).toContain('has ended and was rolled back');
    expect(late).not.toEqual([]);
    expect({ notes: await notes(), parked: await parked() }).toEqual({ notes: [], parked: inTime('stuck') });
  });

  it('has no effect through what it did beside something that failed', async () => {
    const beside: Promise<unknown>[] = [];
    faults.set('torn', (message, _, clerk) => {
      beside.push(sleep(100).then(() => clerk.note(message).then(String, String)));
      return Promise.reject(new Error('torn'));
    });
    await send(message(Slow, 'torn'));
    await Promise.all(beside);
    expect(beside).not.toEqual([]);
    expect({ notes: await notes(), parked: await parked() }).toEqual({ notes: [], parked: inTime('torn', 'torn') });
  });

  it('is answered once when its batch comes again meanwhile, and not begun anew', async () => {
    let times = 0;
    faults.set('slow', async () => {
      times++;
      await sleep(300);
    });
    const batch = batchOf(message(Slow, 'slow'));
    const both = [booted.transport.send(batch), sleep(100).then(() => booted.transport.send(batch))];
    expect(await Promise.all(both)).toEqual([{ kind: 'taken' }, { kind: 'taken' }]);
    expect({ times, notes: await notes() }).toEqual({ times: 1, notes: ['slow'] });
  });

  it('is one of many that are silent for a moment each, and for long together, and all are handled once', async () => {
    let times = 0;
    const keys = Array.from({ length: 30 }, (_, n) => `quiet ${n}`);
    const quiet = async (first: boolean, tx: Transaction) => {
      times++;
      if (first) await silentAtMost(tx, 2_700);
      await sleep(120);
    };
    for (const [n, key] of keys.entries()) faults.set(key, (_, tx) => quiet(n === 0, tx));
    await send(...keys.map((key) => message(Mute, key)));
    expect({ times, parked: await parked() }).toEqual({ times: 30, parked: [] });
  });

  it('that breaks its connection every time is found and parked, and the others of its batch are taken', async () => {
    faults.set('breaking', (_, tx) => tx.query('select pg_terminate_backend(pg_backend_pid())'));
    const batch = batchOf(...['before', 'breaking', 'after'].map((key) => message(Slow, key)));
    const answer = async (): Promise<unknown> => booted.transport.send(batch).catch((error) => String(error));
    expect(await answer()).toContain('is away');
    expect(await answer()).toContain('is away');
    expect(await answer()).toEqual({ kind: 'taken' });
    expect({ notes: await notes(), parked: await parked() }).toEqual({
      notes: ['before', 'after'],
      parked: inTime('breaking', 'terminating connection'),
    });
  });

  it('is cut in a long statement, which is cancelled, and holds neither connection nor lock', async () => {
    faults.set('stuck', (_, tx) => tx.query('select pg_sleep(25)'));
    await send(message(Slow, 'before'), message(Quick, 'stuck'), message(Slow, 'after'));
    expect({ notes: await notes(), parked: await parked() }).toEqual({
      notes: ['before', 'after'],
      parked: inTime('stuck'),
    });
    expect(await statementsRunning('select pg_sleep(25)')).toBe(0);
  });

  it('is cut while it waits for a lock', async () => {
    await sql.query('begin');
    await sql.query('select pg_advisory_xact_lock(4711)');
    faults.set('stuck', (_, tx) => tx.query('select pg_advisory_xact_lock(4711)'));
    await send(message(Quick, 'stuck'), message(Slow, 'after'));
    const waiting = `select 1 from pg_locks join pg_stat_activity using (pid)
      where locktype = 'advisory' and objid = 4711 and not granted and datname = current_database()`;
    expect((await sql.query(waiting)).rowCount).toBe(0);
    await sql.query('commit');
    expect({ notes: await notes(), parked: await parked() }).toEqual({ notes: ['after'], parked: inTime('stuck') });
  });

  it('is cut when it takes batches, and found among them', async () => {
    faults.set('stuck', () => new Promise(() => undefined));
    await send(...['a', 'b', 'stuck', 'c', 'd'].map((key) => message(Heap, key)));
    expect({ notes: (await notes()).sort(), parked: await parked() }).toEqual({
      notes: ['a', 'b', 'c', 'd'],
      parked: inTime('stuck', `did not end within ${2 * DEADLINE} ms`),
    });
  });

  it('lets a handler be silent until its deadline, however soon the server would end its transaction', async () => {
    faults.set('thinking', async (_, tx) => {
      await silentAtMost(tx, 2_700);
      await sleep(3_500);
    });
    await send(message(Slow, 'thinking'));
    expect({ notes: await notes(), parked: await parked() }).toEqual({ notes: ['thinking'], parked: [] });
  });

  it('is blamed itself, and not the database, when it blocks its process until the server ends the transaction', async () => {
    faults.set('blocking', async (_, tx) => {
      await silentAtMost(tx, 200);
      for (const end = Date.now() + 600; Date.now() < end; );
    });
    await send(message(Slow, 'blocking'), message(Slow, 'after'));
    expect({ notes: await notes(), parked: await parked() }).toEqual({
      notes: ['after'],
      parked: inTime('blocking', 'said nothing to the database for so long'),
    });
  });
});

function message({ name }: { name: string }, key: string): Envelope {
  return {
    specversion: '1.0',
    id: uuidv7(),
    source: '/desk',
    type: name,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: { key, n: 1 },
  };
}
