import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/core';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import fc from 'fast-check';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { BoundedContext } from '../bounded-context.js';
import type { Envelope } from '../contract/envelope.js';
import { defineEvent } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { type Acceptable, stepsOf } from './dispatch.js';
import { type Message, Subscribe, SubscribeInBatches } from './subscriptions.js';

const shape = z.strictObject({ key: z.string(), n: z.int() });
const One = defineEvent('press.one.v1', 'key', shape);
const Many = defineEvent('press.many.v1', 'key', shape);
const Both = defineEvent('press.both.v1', 'key', shape);
type Printed = Message<typeof One>;

class Line {
  constructor(
    readonly id: string,
    public text: string,
  ) {}
}
const LineMapping = defineEntity({
  class: Line,
  tableName: 'line',
  properties: { id: p.string().primary(), text: p.string() },
});

class Lines extends Migration {
  override up(): void {
    this.addSql('create table heard (at bigint generated always as identity, by text, key text, n int, together int)');
    this.addSql("create table line (id text primary key, text text not null check (text <> 'bad'))");
    this.addSql('create table locked (id text primary key, times int not null default 0)');
    this.addSql("insert into locked values ('a'), ('b')");
  }
}

/** What the handlers do at a message, by its key and number. */
const faults = new Map<string, (message: Printed, tx: Transaction) => unknown>();
const isBad = ({ key, payload: { n } }: Printed) => faults.get(`${key} ${n}`);

@Injectable()
class Reader {
  @Subscribe(One)
  async one(message: Printed, tx: Transaction): Promise<void> {
    tx.execute('insert into heard (by, key, n, together) values ($1, $2, $3, 1)', [
      'one',
      message.key,
      message.payload.n,
    ]);
    await isBad(message)?.(message, tx);
  }

  @SubscribeInBatches(Many)
  async many(messages: readonly Printed[], tx: Transaction): Promise<void> {
    await note('many', messages, tx);
    for (const message of messages) await isBad(message)?.(message, tx);
  }

  @SubscribeInBatches(Both)
  bothInBatches(messages: readonly Printed[], tx: Transaction): Promise<void> {
    return note('both together', messages, tx);
  }

  @Subscribe(Both)
  async bothAlone(message: Printed, tx: Transaction): Promise<void> {
    await note('both alone', [message], tx);
    await isBad(message)?.(message, tx);
  }
}

async function note(by: string, messages: readonly Printed[], tx: Transaction): Promise<void> {
  await tx.query(
    `insert into heard (by, key, n, together)
     select $1, k, n, $4 from unnest($2::text[], $3::int[]) with ordinality m (k, n, o) order by o`,
    [by, messages.map(({ key }) => key), messages.map(({ payload }) => payload.n), messages.length],
  );
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'press', schema: 'press', dependsOn: [] },
      entities: [],
      migrations: [],
    }),
  ],
})
class PressModule {}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'reader', schema: 'reader', dependsOn: ['press'] },
      entities: [LineMapping],
      migrations: [{ name: 'reader-0001', class: Lines }],
      subscribers: [Reader],
    }),
  ],
  providers: [Reader],
})
class ReaderModule {}

describe('a batch', () => {
  let booted: BootedModules;
  let sql: pg.Client;
  let number = 0;

  beforeAll(async () => {
    booted = await bootModules([PressModule, ReaderModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });
  beforeEach(async () => {
    faults.clear();
    await sql.query('truncate reader.heard, reader.line, reader.parked, reader.dead_letter');
  });

  /** Sends these as one batch, as the relay would. */
  const send = (...messages: Envelope[]) =>
    booted.transport.send({
      source: 'press',
      subscriber: 'reader',
      partition: 9,
      epoch: 1,
      number: ++number,
      generation: 0,
      messages,
    });
  const heard = async (by: string) =>
    (await sql.query('select key, n from reader.heard where by = $1 order by at', [by])).rows.map(
      ({ key, n }) => `${key} ${n}`,
    );
  const parked = async () =>
    (await sql.query('select envelope from reader.parked where reason is not null order by seq')).rows.map(
      ({ envelope }) => `${envelope.subject} ${envelope.data.n}`,
    );
  const reasons = async () =>
    (await sql.query('select reason from reader.parked where reason is not null order by seq')).rows.map(
      ({ reason }) => reason,
    );
  /** Keys a to e, in turn. */
  const numbered = (type: { name: string }, count: number) =>
    Array.from({ length: count }, (_, n) => message(type, 'abcde'[n % 5] as string, n));
  const names = (messages: Envelope[]) => messages.map(({ subject, data }) => `${subject} ${data.n}`);

  it('comes to a handler of batches as a whole, in its order', async () => {
    const messages = numbered(Many, 40);
    expect(await send(...messages)).toEqual({ kind: 'taken' });
    expect(await heard('many')).toEqual(names(messages));
    expect((await sql.query('select distinct together from reader.heard')).rows).toEqual([{ together: 40 }]);
  });

  it('comes to every handler of a type, each in the way that it declares', async () => {
    const messages = numbered(Both, 7);
    await send(...messages);
    expect(await heard('both together')).toEqual(names(messages));
    expect(await heard('both alone')).toEqual(names(messages));
  });

  it('keeps the order of each key over types, however they are put together', async () => {
    const types = [One, Many, Both];
    const messages = Array.from({ length: 60 }, (_, n) =>
      message(types[(n * 7) % 3] as typeof One, 'xyz'[(n * 5) % 3] as string, n),
    );
    await send(...messages);
    const { rows } = await sql.query("select key, n from reader.heard where by <> 'both together' order by at");
    for (const key of 'xyz') {
      expect(rows.filter((row) => row.key === key).map(({ n }) => n)).toEqual(
        messages.filter(({ subject }) => subject === key).map(({ data }) => data.n),
      );
    }
  });

  it('is put together to steps that change no order of a key, hold one type each, and lose nothing', () => {
    const acceptable = fc.record({
      subject: fc.constantFrom('a', 'b', 'c'),
      type: fc.constantFrom('alone 1', 'alone 2', 'together 1', 'together 2'),
    });
    fc.assert(
      fc.property(fc.array(acceptable, { maxLength: 40 }), (drawn) => {
        const messages = drawn.map(
          (envelope) =>
            ({ envelope, handlers: [{ inBatches: envelope.type.startsWith('together') }] }) as unknown as Acceptable,
        );
        const steps = stepsOf(messages);
        const order = steps.flat();
        expect(new Set(order)).toEqual(new Set(messages));
        expect(order).toHaveLength(messages.length);
        for (const key of 'abc') {
          const ofKey = (list: readonly Acceptable[]) => list.filter(({ envelope }) => envelope.subject === key);
          expect(ofKey(order)).toEqual(ofKey(messages));
        }
        for (const step of steps) {
          expect(new Set(step.map(({ envelope }) => envelope.type)).size).toBe(1);
          if (step[0]?.envelope.type.startsWith('alone')) expect(step).toHaveLength(1);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('puts together all of a type that no order of a key keeps apart', () => {
    const drawn = ['a', 'b', 'a', 'c', 'b'].map(
      (subject) =>
        ({ envelope: { subject, type: 'together' }, handlers: [{ inBatches: true }] }) as unknown as Acceptable,
    );
    expect(stepsOf(drawn)).toHaveLength(1);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('bad luck')), 'bad luck'],
    ['fails in the database', (_: Printed, tx: Transaction) => tx.query('select 1 / 0'), 'division by zero'],
    [
      'fails in a statement nobody waits for',
      (_: Printed, tx: Transaction) => tx.execute('select 2 / 0'),
      'division by zero',
    ],
  ])('is halved until the one is found at which a handler of batches %s', async (_, fault, why) => {
    faults.set('c 7', fault);
    const messages = numbered(Many, 30);
    await send(...messages);
    expect(await parked()).toEqual(['c 7']);
    expect((await reasons())[0]).toContain(why);
    const behind = messages.filter(({ subject, data }) => subject === 'c' && (data.n as number) >= 7);
    expect((await heard('many')).sort()).toEqual(names(messages.filter((each) => !behind.includes(each))).sort());
    expect((await sql.query('select 1 from reader.parked')).rowCount).toBe(behind.length);
  });

  /** Ways to fail at one message, of a batch that is handled one after the other. */
  const BLAME: Record<string, (message: Printed, tx: Transaction) => unknown> = {
    'throws at once': () => {
      throw new Error('its own fault');
    },
    'rejects later': async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('its own fault');
    },
    'throws what is no error': () => Promise.reject(Object.create(null)),
    'throws an error in a circle': () => {
      const error = new Error('its own fault');
      error.cause = error;
      throw error;
    },
    'throws an error without a text': () =>
      Promise.reject(Object.assign(new Error(), { message: { its: 'own fault' } })),
    'has a query that fails': (_, tx) => tx.query('select 1 / 0'),
    'has a statement that fails when somebody else asks': (_, tx) => tx.execute('select 1 / 0'),
    'swallows the error of a query': (_, tx) => tx.query('select 1 / 0').catch(() => undefined),
    'changes an entity that cannot be written': (_, tx) => {
      tx.em.persist(new Line('line', 'bad'));
    },
    'swallows the error of an entity': (_, tx) => {
      tx.em.persist(new Line('line', 'bad'));
      return tx.em.flush().catch(() => undefined);
    },
    'says what breaks the contract': (_, tx) => tx.publish(One, { key: 'x', n: 0.5 }),
  };

  it.each(Object.entries(BLAME))('blames none but the message that %s', async (_, fault) => {
    faults.set('b 6', fault);
    // The next one hears of the failure, and says it in words of its own; the one after keeps silent about it.
    const rephrase = (message: Printed, tx: Transaction) =>
      tx.query('select 1').catch((error) => {
        throw new Error(`${message.payload.n} cannot read: ${error.message}`);
      });
    faults.set('c 7', rephrase);
    faults.set('d 8', (_message, tx) => tx.query('select 1').catch(() => undefined));
    const messages = numbered(One, 20);
    await send(...messages);
    expect(await parked()).toEqual(['b 6']);
    const behind = names(messages).filter((each) => ['b 6', 'b 11', 'b 16'].includes(each));
    expect(await heard('one')).toEqual(names(messages).filter((each) => !behind.includes(each)));
  });

  it('loses a deadlock by getting smaller, and blames nobody for it', async () => {
    const other = new pg.Client({ connectionString: booted.databaseUrl });
    await other.connect();
    await other.query("set deadlock_timeout = '10s'");
    await other.query('begin');
    await other.query("update reader.locked set times = times + 1 where id = 'b'");
    let met = () => {};
    const meeting = new Promise<void>((resolve) => {
      met = resolve;
    });
    faults.set('a 0', async (_, tx) => {
      await tx.query("update locked set times = times + 10 where id = 'a'");
      met();
    });
    faults.set('b 1', (_, tx) => tx.query("update locked set times = times + 10 where id = 'b'"));
    const sending = send(message(One, 'a', 0), message(One, 'b', 1));
    await meeting;
    await other.query("update reader.locked set times = times + 1 where id = 'a'");
    await other.query('commit');
    await other.end();
    expect(await sending).toEqual({ kind: 'taken' });
    expect({ heard: await heard('one'), parked: await parked() }).toEqual({ heard: ['a 0', 'b 1'], parked: [] });
    expect((await sql.query('select id, times from reader.locked order by id')).rows).toEqual([
      { id: 'a', times: 11 },
      { id: 'b', times: 11 },
    ]);
  });

  it('takes an id once that it holds twice', async () => {
    const twice = message(One, 'twice', 1);
    await send(twice, message(One, 'between', 2), { ...twice });
    expect(await heard('one')).toEqual(['twice 1', 'between 2']);
  });

  it('finds no fault with messages while it waits for its lease in vain', async () => {
    await sql.query('begin');
    await sql.query("select 1 from reader.lease where source = 'press' and partition = 9 for update");
    const sending = send(message(One, 'patient', 1)).catch((error) => error);
    for (let pid: number | undefined; pid === undefined; ) {
      const { rows } = await sql.query(
        "select pid from pg_stat_activity where application_name = 'seamline reader' and wait_event_type = 'Lock' and datname = current_database()",
      );
      pid = rows[0]?.pid;
      if (pid !== undefined) await sql.query('select pg_cancel_backend($1)', [pid]);
    }
    expect(await sending).toMatchObject({ code: '57014' });
    await sql.query('rollback');
    number--;
    await send(message(One, 'patient', 1));
    expect({ heard: await heard('one'), parked: await parked() }).toEqual({ heard: ['patient 1'], parked: [] });
  });
});

function message({ name }: { name: string }, key: string, n: number): Envelope {
  return {
    specversion: '1.0',
    id: uuidv7(),
    source: '/press',
    type: name,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: { key, n },
  };
}
