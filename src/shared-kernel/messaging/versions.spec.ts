import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module, type Type } from '@nestjs/common';
import pg from 'pg';
import { z } from 'zod';
import { BoundedContext } from '#kernel/bounded-context';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { waitUntil } from '#test/until';
import { defineCommand, defineEvent, type MessageType } from '../contract/message.js';
import { from } from '../contract/upcast.js';
import type { Transaction, UnitOfWork } from '../persistence/unit-of-work.js';
import { Saga } from '../sagas/saga.js';
import { Dispatch } from './dispatch.js';
import {
  bindSubscriptions,
  Handle,
  type Message,
  Subscribe,
  SubscribeInBatches,
  type SubscriptionOptions,
} from './subscriptions.js';

const SoldV1 = defineEvent('till.sold.v1', 'id', z.strictObject({ id: z.string(), price: z.string() }));
const SoldV2 = defineEvent(
  'till.sold.v2',
  'id',
  z.strictObject({ id: z.string(), pence: z.int().min(0), by: z.string() }),
  {
    upcasts: from(SoldV1, ({ id, price }) => {
      if (price === 'unspeakable') throw new Error('no words for it');
      return { id, pence: Math.round(Number(price) * 100), by: 'nobody' };
    }),
  },
);
const NoteV1 = defineCommand('books.note.v1', 'id', z.strictObject({ id: z.string() }));
const NoteV2 = defineCommand('books.note.v2', 'id', z.strictObject({ id: z.string(), why: z.string() }), {
  upcasts: from(NoteV1, ({ id }) => ({ id, why: 'unsaid' })),
});

class Entries extends Migration {
  override up(): void {
    this.addSql('create table entry (at bigint generated always as identity, type text, id text, payload jsonb)');
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'till', schema: 'till', dependsOn: ['books'] },
      entities: [],
      migrations: [],
    }),
  ],
})
class TillModule {}

interface Reads {
  readonly events?: readonly MessageType[];
  readonly inBatches?: boolean;
  readonly command?: MessageType;
  readonly options?: SubscriptionOptions;
}

/** A version of a module that writes down what it is told, one method a message. */
function readerModule(name: string, { events = [], inBatches = false, command, options = {} }: Reads): Type {
  class Reader {}
  const methods = Reader.prototype as unknown as Record<string, unknown>;
  const note = (message: Message, tx: Transaction) =>
    tx.execute('insert into entry (type, id, payload) values ($1, $2, $3)', [
      message.type,
      message.key,
      JSON.stringify(message.payload),
    ]);
  for (const [n, event] of events.entries()) {
    methods[`take${n}`] = (messages: Message | Message[], tx: Transaction) => {
      for (const message of [messages].flat()) note(message, tx);
    };
    const decorate = inBatches ? SubscribeInBatches : Subscribe;
    decorate(event as MessageType & { kind: 'event' }, options)(Reader.prototype, `take${n}`, {} as never);
  }
  if (command) {
    methods.carryOut = note;
    Handle(command as MessageType & { kind: 'command' }, options)(Reader.prototype, 'carryOut', {} as never);
  }
  Injectable()(Reader);
  class ReaderModule {}
  Module({
    imports: [
      BoundedContext.register({
        declaration: { name, schema: name, dependsOn: ['till'] },
        entities: [],
        migrations: [{ name: `${name}-0001`, class: Entries }],
        subscribers: [Reader],
      }),
    ],
    providers: [Reader],
  })(ReaderModule);
  return ReaderModule;
}

/** A process whose compensations are answered by a sale. */
@Injectable()
@Saga({ name: 'return', version: 2, state: z.object({}), undoneBy: [SoldV2] })
class Return {}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'returns', schema: 'returns', dependsOn: ['till'] },
      entities: [],
      migrations: [],
      sagas: [Return],
    }),
  ],
  providers: [Return],
})
class ReturnsModule {}

const modules = (books: Reads, ledger: Reads = {}): Type[] => [
  TillModule,
  ReturnsModule,
  readerModule('books', books),
  readerModule('ledger', ledger),
];

describe('a message in several versions', () => {
  let booted: BootedModules;
  let sql: pg.Client;
  beforeAll(async () => {
    booted = await bootModules(modules({ events: [SoldV1], command: NoteV1 }));
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql?.end();
    await booted?.close();
  });

  const readers = (books: Reads, ledger?: Reads) => booted.restart(modules(books, ledger));
  const publish = (work: (tx: Transaction) => void) => booted.transaction(TillModule, async (tx) => work(tx));
  const entries = async (id: string, of = 'books'): Promise<string[]> => {
    const { rows } = await sql.query(`select type, payload from ${of}.entry where id = $1 order by at`, [id]);
    return rows.map(({ type, payload: { pence, price, by, why } }) =>
      [type, pence ?? price, by ?? why].filter(Boolean).join(' '),
    );
  };
  const until = (id: string, count: number, of = 'books') =>
    waitUntil(async () => (await entries(id, of)).length >= count, 15_000, `${count} entries of ${id}`);
  /** Nothing is under way any more: what was published last has been taken, and it was in order. */
  const settled = async () => {
    const id = crypto.randomUUID();
    await publish((tx) => {
      tx.publish(SoldV1, { id, price: '1' });
    });
    await until(id, 1);
  };
  const dead = async () => {
    const { rows } = await sql.query('select type, key, reason from books.dead_letter order by id');
    return rows;
  };
  const both = (tx: Transaction, id: string, price: string) =>
    tx.publishBoth([SoldV2, { id, pence: Number(price) * 100, by: 'till' }], [SoldV1, { id, price }]);

  it('is taken in the older one by who has not moved on, beside which the newer one passes by', async () => {
    await publish((tx) => {
      tx.publish(SoldV1, { id: 'old', price: '1' });
      both(tx, 'old', '2');
    });
    await until('old', 2);
    await settled();
    expect(await entries('old')).toEqual(['till.sold.v1 1', 'till.sold.v1 2']);
  });

  it('is taken once by who has, and not again what was taken as the older one', async () => {
    await publish((tx) => both(tx, 'moved', '1'));
    await until('moved', 1);
    await readers({ events: [SoldV2], command: NoteV2 });
    await publish((tx) => both(tx, 'moved', '2'));
    await until('moved', 2);
    await settled();
    expect(await entries('moved')).toEqual(['till.sold.v1 1', 'till.sold.v2 200 till']);
  });

  it('is upcast for them where only the older one is published, in order with the newer ones', async () => {
    await publish((tx) => {
      tx.publish(SoldV1, { id: 'mixed', price: '1.5' });
      tx.publish(SoldV2, { id: 'other', pence: 1, by: 'till' });
    });
    await publish((tx) => both(tx, 'mixed', '2'));
    await publish((tx) => tx.publish(SoldV1, { id: 'mixed', price: '3' }));
    await until('mixed', 3);
    await settled();
    expect(await entries('mixed')).toEqual([
      'till.sold.v2 150 nobody',
      'till.sold.v2 200 till',
      'till.sold.v2 300 nobody',
    ]);
  });

  it('is taken once by a handler of batches', async () => {
    await readers({ events: [SoldV2], inBatches: true });
    await publish((tx) => {
      for (let n = 1; n <= 40; n++) {
        if (n % 2 === 0) both(tx, 'batch', String(n));
        else tx.publish(SoldV1, { id: 'batch', price: String(n) });
      }
    });
    await until('batch', 40);
    await settled();
    const expected = Array.from(
      { length: 40 },
      (_, n) => `till.sold.v2 ${(n + 1) * 100} ${n % 2 === 0 ? 'nobody' : 'till'}`,
    );
    expect(await entries('batch')).toEqual(expected);
  });

  it('is taken in both from the history, by who begins with the newer one', async () => {
    await publish((tx) => tx.publish(SoldV1, { id: 'history', price: '1' }));
    await publish((tx) => both(tx, 'history', '2'));
    await readers({ events: [SoldV2] }, { events: [SoldV2] });
    await publish((tx) => tx.publish(SoldV1, { id: 'history', price: '3' }));
    await until('history', 3, 'ledger');
    expect(await entries('history', 'ledger')).toEqual([
      'till.sold.v2 100 nobody',
      'till.sold.v2 200 till',
      'till.sold.v2 300 nobody',
    ]);
  });

  it('is a dead letter where it cannot be upcast, or becomes what breaks the newer contract', async () => {
    await publish((tx) => {
      tx.publish(SoldV1, { id: 'worse', price: 'unspeakable' });
      tx.publish(SoldV1, { id: 'worse', price: '-1' });
      tx.publish(SoldV1, { id: 'worse', price: '1' });
    });
    await until('worse', 1);
    expect(await entries('worse')).toEqual(['till.sold.v2 100 nobody']);
    expect(await dead()).toEqual([
      { type: 'till.sold.v1', key: 'worse', reason: 'It cannot be read till.sold.v1 as till.sold.v2: no words for it' },
      {
        type: 'till.sold.v1',
        key: 'worse',
        reason: expect.stringContaining('The payload breaks the contract of till.sold.v1 as till.sold.v2: pence: '),
      },
    ]);
  });

  it('is as well a command, which its one receiver takes from senders of both', async () => {
    await readers({ command: NoteV2 });
    await publish((tx) => tx.send(NoteV1, { id: 'note' }));
    await publish((tx) => tx.send(NoteV2, { id: 'note', why: 'asked' }));
    await until('note', 2);
    expect(await entries('note')).toEqual(['books.note.v2 unsaid', 'books.note.v2 asked']);
  });

  it.each([
    ['the older one', (tx: Transaction, id: string) => tx.publish(SoldV1, { id, price: '1' })],
    ['the newer one', (tx: Transaction, id: string) => tx.publish(SoldV2, { id, pence: 100, by: 'till' })],
  ])('is an answer to a process that has awaited the older one since before, as %s', async (id, answer) => {
    const awaited = [{ type: 'till.sell.v1', key: id, payload: {}, answer: SoldV1.name }];
    await sql.query(
      `insert into returns.saga (type, key, definition, state, status, compensations)
       values ('return', $1, 1, '{}', 'aborting', $2)`,
      [id, JSON.stringify(awaited)],
    );
    await publish((tx) => answer(tx, id));
    const status = async () =>
      (await sql.query('select status from returns.saga where key = $1', [id])).rows[0]?.status;
    await waitUntil(async () => (await status()) === 'aborted', 15_000, 'the end of the process');
  });

  it('is refused by its publisher where readers of both would take it twice', async () => {
    const twice = publish((tx) => {
      tx.publish(SoldV2, { id: 'twice', pence: 1, by: 'till' });
      tx.publish(SoldV1, { id: 'twice', price: '0.01' });
    });
    await expect(twice).rejects.toThrow(
      'till.sold.v2 was not published: till.sold.v1 says the same to its readers. Say the newer one alone',
    );
    const backwards = publish((tx) =>
      tx.publishBoth([SoldV1, { id: 'x', price: '1' }], [SoldV2, { id: 'x', pence: 1, by: 'x' }]),
    );
    await expect(backwards).rejects.toThrow('till.sold.v1 was not published: it does not upcast till.sold.v2');
    const foreign = booted.transaction(TillModule, async (tx) => {
      const Foreign = defineEvent('books.read.v1', 'id', z.strictObject({ id: z.string() }));
      const ForeignV2 = defineEvent('books.read.v2', 'id', z.strictObject({ id: z.string() }), {
        upcasts: from(Foreign, (older) => older),
      });
      tx.publishBoth([ForeignV2, { id: 'x' }], [Foreign, { id: 'x' }]);
    });
    await expect(foreign).rejects.toThrow('till cannot publish books.read.v2: only books owns that event.');
    // Other facts of the same key are no second telling.
    await publish((tx) => {
      both(tx, 'several', '1');
      both(tx, 'several', '2');
      tx.publish(SoldV1, { id: 'several', price: '3' });
    });
  });

  it('is refused at boot to a module whose handlers would each read it as another', () => {
    class Books {
      old(_message: Message<typeof SoldV1>) {}
      young(_message: Message<typeof SoldV2>) {}
    }
    Subscribe(SoldV1)(Books.prototype, 'old', {});
    Subscribe(SoldV2)(Books.prototype, 'young', {});
    expect(() => new Dispatch('books', {} as UnitOfWork, bindSubscriptions(new Books()))).toThrow(
      'Module "books" cannot start:\n  It reads till.sold.v1 as till.sold.v1 and as till.sold.v2: let all of its handlers take till.sold.v2.',
    );
  });
});
