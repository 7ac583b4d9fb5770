import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { defineEntity, p } from '@mikro-orm/core';
import { Migration } from '@mikro-orm/migrations';
import { Module } from '@nestjs/common';
import pg from 'pg';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { untilWithin } from '#test/until';
import { BoundedContext } from '../bounded-context.js';
import { defineEvent } from '../contract/message.js';
import { DatabaseAway } from './failures.js';
import { ModuleFenced } from './fence.js';
import { type Transaction, UnitOfWork } from './unit-of-work.js';

const Entered = defineEvent('ledger.entered.v1', 'account', z.strictObject({ account: z.string(), n: z.int() }));

class Account {
  version = 0;
  constructor(
    readonly id: string,
    public balance: number,
  ) {}
}
const AccountMapping = defineEntity({
  class: Account,
  tableName: 'account',
  properties: { id: p.string().primary(), balance: p.integer(), version: p.integer() },
});

class Accounts extends Migration {
  override up(): void {
    this.addSql(`create table account (id text primary key, balance int not null check (balance >= 0),
                                       version int not null default 0)`);
  }
}

let ledger: UnitOfWork;

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'ledger', schema: 'ledger', dependsOn: [] },
      entities: [AccountMapping],
      migrations: [{ name: 'ledger-0001', class: Accounts }],
    }),
  ],
})
class LedgerModule {
  constructor(unitOfWork: UnitOfWork) {
    ledger = unitOfWork;
  }
}

describe('a unit of work', () => {
  let booted: BootedModules;
  let sql: pg.Client;

  beforeAll(async () => {
    booted = await bootModules([LedgerModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });
  beforeEach(() => sql.query('truncate ledger.account, ledger.outbox'));

  const open = (id: string, balance = 0) => sql.query('insert into ledger.account values ($1, $2)', [id, balance]);
  const balances = async () =>
    Object.fromEntries(
      (await sql.query('select id, balance from ledger.account')).rows.map(({ id, balance }) => [id, balance]),
    );
  const said = async () =>
    (await sql.query('select key, envelope from ledger.outbox order by id')).rows.map(
      ({ key, envelope }) => `${key} ${envelope.data.n}`,
    );
  const until = untilWithin(30_000);
  const somebodyWaits = (kind: string) => async () =>
    (
      await sql.query(
        `select 1 from pg_locks join pg_stat_activity using (pid)
          where locktype = $1 and not granted and datname = current_database()`,
        [kind],
      )
    ).rows.length > 0;
  const insert = (tx: Transaction, id: string, balance = 0) =>
    tx.query('insert into account values ($1, $2)', [id, balance]);

  const WAYS: Record<string, (id: string) => Promise<unknown>> = {
    'a transaction': (id) =>
      ledger.transaction(async (tx) => {
        await insert(tx, id);
        tx.publish(Entered, { account: id, n: 1 });
      }),
    'a single try of one': (id) => ledger.once((tx) => insert(tx, id)),
    'one statement': (id) =>
      ledger.single('insert into account values ($1, 0) returning id', [id], (say) =>
        say.publish(Entered, { account: id, n: 1 }),
      ),
    'one statement without a message': (id) =>
      ledger.single('insert into account values ($1, 0) returning id', [id], () => undefined),
  };

  describe.each(Object.entries(WAYS))('behind the fence, as %s', (_, write) => {
    const drain = 'lock table ledger.placement in access exclusive mode';

    it('writes nothing while the module moves', async () => {
      await sql.query("update ledger.placement set state = 'fenced'");
      await expect(write('fenced')).rejects.toThrow(ModuleFenced);
      await sql.query("update ledger.placement set state = 'here'");
      expect({ balances: await balances(), said: await said() }).toEqual({ balances: {}, said: [] });
      await write('after');
      expect(await balances()).toEqual({ after: 0 });
    });

    // A statement is planned anew for some times, then by one plan for all: that it has its locks before its snapshot
    // must hold for each.
    it.each([0, 1, 10])('sees a move that was committed while it waited, after %i writes', async (before) => {
      for (let n = 0; n < before; n++) await write(`before-${n}`);
      await sql.query('truncate ledger.account, ledger.outbox');
      await sql.query('begin');
      await sql.query(drain);
      const waiting = write('late').catch((error) => error);
      await until(somebodyWaits('relation'));
      await sql.query("update ledger.placement set state = 'moved'");
      await sql.query('commit');
      expect(await waiting).toBeInstanceOf(ModuleFenced);
      await sql.query("update ledger.placement set state = 'here'");
      expect(await balances()).toEqual({});
    });

    it('lets the mover wait until it has committed', async () => {
      await open('held');
      await sql.query('begin');
      await sql.query("insert into ledger.account values ('mine', 0)");
      const waiting = write('mine').catch((error) => error);
      await until(somebodyWaits('transactionid'));
      const moving = await sql.query(`${drain} nowait`).catch((error) => error.code);
      await sql.query('rollback');
      await waiting;
      expect(moving).toBe('55P03');
      expect(await balances()).toEqual({ held: 0, mine: 0 });
    });
  });

  describe('that fails', () => {
    it('commits nothing when a failed statement was swallowed, and says so', async () => {
      const swallowing = ledger.transaction(async (tx) => {
        await insert(tx, 'a');
        await insert(tx, 'a').catch(() => undefined);
        tx.publish(Entered, { account: 'a', n: 1 });
      });
      await expect(swallowing).rejects.toThrow('one of its statements had failed, and the error was swallowed');
      const alone = ledger.transaction(async (tx) => {
        await insert(tx, 'a');
        insert(tx, 'a').catch(() => undefined);
      });
      await expect(alone).rejects.toThrow('one of its statements had failed, and the error was swallowed');
      expect({ balances: await balances(), said: await said() }).toEqual({ balances: {}, said: [] });
    });

    it('commits nothing when a statement that nobody waited for failed, and says which error', async () => {
      const failing = ledger.transaction(async (tx) => {
        tx.execute("insert into account values ('a', -1)");
        await tx.query('select 1').catch(() => undefined);
      });
      await expect(failing).rejects.toThrow('account_balance_check');
      const alone = ledger.transaction(async (tx) => tx.execute("insert into account values ('a', -1)"));
      await expect(alone).rejects.toThrow('account_balance_check');
      expect(await balances()).toEqual({});
    });

    it('commits nothing of what a savepoint seems to have saved, when a statement that nobody waited for failed', async () => {
      const failing = ledger.transaction(async (tx) => {
        await insert(tx, 'before');
        await tx.em
          .transactional(async () => {
            await tx.em.flush();
            tx.execute("insert into account values ('a', -1)");
            await tx.query('select 1');
          })
          .catch(() => undefined);
        await insert(tx, 'after');
      });
      await expect(failing).rejects.toThrow('account_balance_check');
      expect(await balances()).toEqual({});
    });

    it('loses nothing that nobody waited for when the next statement cannot be sent', async () => {
      const cyclic: Record<string, unknown> = {};
      cyclic.self = cyclic;
      await ledger.transaction(async (tx) => {
        tx.execute("insert into account values ('kept', 1)");
        await tx.query('select $1::json', [cyclic]).catch(() => undefined);
      });
      expect(await balances()).toEqual({ kept: 1 });
    });

    it('survives whatever is thrown', async () => {
      const loop = new Error('in a circle');
      loop.cause = loop;
      for (const thrown of [undefined, null, 'text', 7, Object.create(null), loop]) {
        const failing = ledger.transaction(async (tx) => {
          await insert(tx, 'a');
          throw thrown;
        });
        expect(await failing.catch((error) => error)).toBe(thrown);
      }
      expect(await balances()).toEqual({});
    });

    it('begins anew after a deadlock', async () => {
      await open('a');
      await open('b');
      let tries = 0;
      let locked = 0;
      let met = () => {};
      const meeting = new Promise<void>((resolve) => {
        met = resolve;
      });
      const both = (first: string, second: string) =>
        ledger.transaction(async (tx) => {
          const lock = (id: string) => tx.query('update account set balance = balance + 1 where id = $1', [id]);
          tries++;
          await lock(first);
          locked++;
          if (locked === 2) met();
          await meeting;
          await lock(second);
        });
      await Promise.all([both('a', 'b'), both('b', 'a')]);
      expect(await balances()).toEqual({ a: 2, b: 2 });
      expect(tries).toBe(3);
    });

    it.each<[string, () => Promise<object[]>]>([
      ['in a transaction', () => ledger.transaction((tx) => tx.query('select * from account'))],
      ['reading', () => ledger.query('select * from account')],
      ['of one statement', () => ledger.single('update account set balance = 0 returning *', [], () => undefined)],
    ])('begins anew after a migration has changed what a statement returns, %s', async (_, all) => {
      await open('a');
      await all();
      await sql.query('alter table ledger.account add column note text');
      const after = await all().finally(() => sql.query('alter table ledger.account drop column note'));
      expect(after).toEqual([{ id: 'a', balance: 0, version: 0, note: null }]);
    });
  });

  describe('that has ended', () => {
    it('refuses to read, write or say anything more', async () => {
      let escaped: Transaction | undefined;
      await ledger.transaction(async (tx) => {
        tx.em.create(Account, { id: 'in time', balance: 1, version: 0 });
        escaped = tx;
      });
      const tx = escaped as Transaction;
      const late = new Account('late', 1);
      await expect(insert(tx, 'late')).rejects.toThrow('the transaction of ledger has ended');
      expect(() => tx.execute('select 1')).toThrow('the transaction of ledger has ended');
      expect(() => tx.publish(Entered, { account: 'late', n: 1 })).toThrow('Cannot publish ledger.entered.v1');
      expect(() => tx.em).toThrow('has ended');
      expect(late.balance).toBe(1);
      expect({ balances: await balances(), said: await said() }).toEqual({ balances: { 'in time': 1 }, said: [] });
    });

    it('refuses what entities and savepoints of it still try', async () => {
      let late: (() => Promise<unknown>)[] = [];
      await ledger.transaction(async (tx) => {
        const { em } = tx;
        late = [
          () => em.find(Account, {}),
          () => em.persist(new Account('late', 1)).flush(),
          () => em.transactional(async (inner) => inner.persist(new Account('late', 2)).flush()),
        ];
      });
      for (const attempt of late) await expect(attempt()).rejects.toThrow('has ended');
      expect(await balances()).toEqual({});
    });

    it('lets nothing slip in between its end and its commit', async () => {
      const slipped: Promise<unknown>[] = [];
      await ledger.transaction(async (tx) => {
        tx.em.persist(new Account('entity', 1));
        for (let n = 0; n < 20; n++) slipped.push(insert(tx, `slipped ${n}`, n).then(String, String));
      });
      const outcomes = await Promise.all(slipped);
      const there = await balances();
      expect(outcomes.map((outcome) => outcome === '')).toEqual(
        outcomes.map((_, n) => there[`slipped ${n}`] !== undefined),
      );
    });

    it('leaves what is begun after its commit a transaction of its own', async () => {
      let later: Promise<unknown> | undefined;
      await ledger.transaction(async (tx) => {
        await insert(tx, 'done');
        later = sleep(50).then(() => ledger.transaction((own) => insert(own, 'later')));
      });
      await later;
      expect(await balances()).toEqual({ done: 0, later: 0 });
    });

    it.each([
      ['transaction', (name: string) => ledger.transaction((own) => insert(own, name))],
      [
        'single statement',
        (name: string) =>
          ledger.single('insert into account (id, balance, version) values ($1, 0, 0) returning id', [name], () => {}),
      ],
    ])('lets work that outlives its rollback have no effect by a %s of its own', async (_what, write) => {
      let later: Promise<unknown> | undefined;
      await ledger
        .transaction(async (tx) => {
          await insert(tx, 'undone');
          later = sleep(50).then(() => write('half a story'));
          later.catch(() => undefined);
          throw new Error('undo');
        })
        .catch(() => undefined);
      await expect(later).rejects.toThrow('has ended and was rolled back');
      expect(await balances()).toEqual({});
    });
  });

  describe('whose work speaks of transactions', () => {
    it.each([
      'commit',
      ' ROLLBACK',
      '-- why not\nend',
      '/* so */ begin',
      ';abort',
      'start transaction',
      'prepare transaction $$a$$',
    ])('refuses %j, by which inbox and fence would be passed by', async (text) => {
      await expect(ledger.transaction((tx) => tx.query(text))).rejects.toThrow('is not for a module to say');
      await expect(ledger.transaction(async (tx) => tx.execute(text))).rejects.toThrow('is not for a module to say');
    });

    it.each([
      'set search_path = public',
      'reset all',
      'discard all',
      'listen a',
      'deallocate all',
      'prepare a as select 1',
    ])('refuses %j, which would stay on the connection', async (text) => {
      await expect(ledger.transaction((tx) => tx.query(text))).rejects.toThrow('SET LOCAL');
      await expect(ledger.query(text)).rejects.toThrow('SET LOCAL');
    });

    it('takes settings of its own, savepoints, and words that only look alike', async () => {
      await ledger.transaction(async (tx) => {
        await tx.query("set local lock_timeout = '1s'");
        await tx.query('savepoint here');
        await tx.query('rollback to savepoint here');
        await tx.query('rollback work to here');
        await tx.query("select 'commit' as begin");
        await insert(tx, 'there');
      });
      expect(await balances()).toEqual({ there: 0 });
    });

    it('reads only, where it is asked to read', async () => {
      const writing = ledger.query("insert into account (id, balance, version) values ('a', 0, 0)");
      await expect(writing).rejects.toThrow('read-only transaction');
      expect(await ledger.query('select 1 as one')).toEqual([{ one: 1 }]);
    });

    it('reads only with entities, too, unless they are those of a transaction', async () => {
      await open('a');
      const writes: ((em: typeof ledger.reader) => Promise<unknown>)[] = [
        (em) => em.persist(new Account('b', 1)).flush(),
        (em) => em.insert(Account, { id: 'b', balance: 1, version: 0 }),
        (em) => em.nativeUpdate(Account, { id: 'a' }, { balance: 1 }),
        (em) => em.execute("insert into account values ('b', 1)"),
        (em) => em.transactional((inner) => inner.nativeDelete(Account, { id: 'a' })),
      ];
      for (const write of writes)
        await expect(write(ledger.reader)).rejects.toThrow('writes inside unitOfWork.transaction(…)');
      expect(await ledger.reader.findOne(Account, { id: 'a' })).toEqual({ id: 'a', balance: 0, version: 0 });
      expect(await balances()).toEqual({ a: 0 });
    });

    it('is told of the failure that was swallowed, not of what it only led to', async () => {
      const work = ledger.transaction(async (tx) => {
        await tx.query('select * from nowhere').catch(() => undefined);
        await tx.query('select 1');
      });
      await expect(work).rejects.toThrow('relation "nowhere" does not exist');
    });
  });

  describe('with entities and statements', () => {
    it('shows a statement what the entities have become, and a later read what the statement did', async () => {
      await ledger.transaction(async (tx) => {
        const account = tx.em.create(Account, { id: 'a', balance: 1, version: 0 });
        expect(await tx.query('select balance from account')).toEqual([{ balance: 1 }]);
        account.balance = 2;
        await tx.query('update account set version = 7 where balance = 2');
        await tx.em.refresh(account);
        expect(account).toMatchObject({ balance: 2, version: 7 });
      });
    });

    it('runs a statement that nobody waits for before what comes after it, and entities when something asks', async () => {
      await open('a', 1);
      await ledger.transaction(async (tx) => {
        const account = await tx.em.findOneOrFail(Account, 'a');
        account.balance = 5;
        tx.execute('update account set version = balance');
        expect(await tx.query('select balance, version from account')).toEqual([{ balance: 5, version: 1 }]);
        account.balance = 6;
        await tx.em.flush();
        tx.execute('update account set version = balance');
      });
      expect((await sql.query('select balance, version from ledger.account')).rows).toEqual([
        { balance: 6, version: 6 },
      ]);
    });

    it('writes entities that were only changed at the end, and messages after them', async () => {
      await open('a', 1);
      await ledger.transaction(async (tx) => {
        tx.publish(Entered, { account: 'a', n: 2 });
        (await tx.em.findOneOrFail(Account, 'a')).balance = 2;
      });
      expect({ balances: await balances(), said: await said() }).toEqual({ balances: { a: 2 }, said: ['a 2'] });
    });

    it('undoes a savepoint alone', async () => {
      await ledger.transaction(async (tx) => {
        tx.em.persist(new Account('outer', 1));
        await tx.em.flush();
        await tx.em
          .transactional(async (inner) => {
            inner.persist(new Account('inner', 1));
            await inner.flush();
            inner.persist(new Account('bad', -1));
          })
          .catch(() => undefined);
        await tx.em.transactional(async (inner) => {
          inner.persist(new Account('second', 2));
        });
        expect(await tx.query('select id from account order by id')).toEqual([{ id: 'outer' }, { id: 'second' }]);
        tx.publish(Entered, { account: 'outer', n: 1 });
      });
      expect({ balances: await balances(), said: await said() }).toEqual({
        balances: { outer: 1, second: 2 },
        said: ['outer 1'],
      });
    });

    it('is one transaction with the use cases that it calls', async () => {
      const failing = ledger.transaction(async (tx) => {
        await ledger.transaction((same) => insert(same, 'a'));
        expect(await ledger.query('select id from account')).toEqual([{ id: 'a' }]);
        await insert(tx, 'b');
        throw new Error('undo all');
      });
      await expect(failing).rejects.toThrow('undo all');
      expect(await balances()).toEqual({});
    });
  });

  describe('of one statement', () => {
    const add = (id: string, amount: number) =>
      ledger.single<{ balance: number }>(
        'update account set balance = balance + $2 where id = $1 returning balance',
        [id, amount],
        (say) => say.publish(Entered, { account: id, n: amount }),
      );

    it('answers the rows, and says its messages only when it touched one', async () => {
      await open('a', 1);
      expect(await add('a', 2)).toEqual([{ balance: 3 }]);
      expect(await add('nobody', 2)).toEqual([]);
      expect(await said()).toEqual(['a 2']);
    });

    it('says several messages in their order, and none when the statement fails', async () => {
      await open('a', 1);
      await ledger.single('update account set balance = 2 returning 1', [], (say) => {
        for (let n = 0; n < 12; n++) say.publish(Entered, { account: 'a', n });
      });
      await expect(add('a', -9)).rejects.toThrow('account_balance_check');
      expect(await said()).toEqual(Array.from({ length: 12 }, (_, n) => `a ${n}`));
    });

    it('takes a statement that begins with reading, and one that ends in a comment', async () => {
      await open('a', 5);
      const rows = await ledger.single(
        `with rich as (select id from account where balance > $2)
         update account set balance = $1 from rich where rich.id = account.id returning account.id, balance -- so`,
        [7, 4],
        (say) => say.publish(Entered, { account: 'a', n: 7 }),
      );
      expect(rows).toEqual([{ id: 'a', balance: 7 }]);
      expect(await said()).toEqual(['a 7']);
    });

    it('says how to mend a statement without RETURNING, alone and inside a transaction', async () => {
      const blind = () => ledger.single("insert into account values ('a', 1)", [], () => undefined);
      await expect(blind()).rejects.toThrow('single(…) takes one statement with RETURNING');
      await expect(ledger.transaction(blind)).rejects.toThrow('single(…) takes one statement with RETURNING');
      expect(await balances()).toEqual({});
    });

    it('is part of the transaction that it is called in, its messages too', async () => {
      await open('a', 1);
      const failing = ledger.transaction(async () => {
        await add('a', 2);
        await add('nobody', 2);
        throw new Error('undo');
      });
      await expect(failing).rejects.toThrow('undo');
      expect(await said()).toEqual([]);
      await ledger.transaction(async () => {
        await add('a', 2);
        await add('nobody', 3);
      });
      expect({ balances: await balances(), said: await said() }).toEqual({ balances: { a: 3 }, said: ['a 2'] });
    });

    it('gives the messages of one key their ids in the order of the row lock', async () => {
      await open('a', 0);
      const versions = new Map<number, number>();
      const touch = async (n: number) => {
        const [row] = await ledger.single<{ version: number }>(
          'update account set version = version + 1 where id = $1 returning version',
          ['a'],
          (say) => say.publish(Entered, { account: 'a', n }),
        );
        versions.set(n, row?.version as number);
      };
      await Promise.all(Array.from({ length: 200 }, (_, n) => touch(n)));
      const { rows } = await sql.query("select (envelope -> 'data' ->> 'n')::int as n from ledger.outbox order by id");
      expect(rows.map(({ n }) => versions.get(n))).toEqual(rows.map((_, n) => n + 1));
    });
  });

  describe('whose connections are few', () => {
    let pool: pg.Pool;
    let small: UnitOfWork;
    /** Long enough for a connection to be made on a machine that does other things. In milliseconds. */
    const PATIENCE = 20_000;

    beforeAll(() => {
      pool = new pg.Pool({
        connectionString: booted.databaseUrl,
        options: '-c search_path=ledger',
        max: 2,
        connectionTimeoutMillis: PATIENCE,
      });
      pool.on('error', () => undefined);
      pool.on('connect', (client) => client.on('error', () => undefined));
      small = new UnitOfWork('ledger', { pool, fork: () => ledger.reader }, () => undefined);
    });
    afterAll(() => pool.end());

    const allFree = async () => {
      const [one, two] = await Promise.all([pool.connect(), pool.connect()]);
      one.release();
      two.release();
      expect(pool.waitingCount).toBe(0);
    };

    it('says that the database is away when none becomes free in time, and leaks none', async () => {
      let free = () => {};
      const held = new Promise<void>((resolve) => {
        free = resolve;
      });
      await allFree();
      const holding = [0, 1].map(() => small.transaction(() => held));
      pool.options.connectionTimeoutMillis = 400;
      for (const attempt of [
        () => small.transaction(async () => undefined),
        () => small.query('select 1'),
        () => small.single('select 1', [], () => undefined),
      ])
        await expect(attempt()).rejects.toThrow(DatabaseAway);
      pool.options.connectionTimeoutMillis = PATIENCE;
      free();
      await Promise.all(holding);
      await allFree();
    });

    it('leaks none when the work, a statement, a commit or a connection fails', async () => {
      const cut = async (tx: Transaction) => {
        const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
        await sql.query('select pg_terminate_backend($1)', [row?.pid]);
      };
      await sql.query('alter table ledger.account add constraint once unique (version) deferrable initially deferred');
      for (let n = 0; n < 3; n++) {
        await expect(small.transaction(() => Promise.reject(new Error('work')))).rejects.toThrow('work');
        await expect(small.transaction((tx) => tx.query('select 1 / 0'))).rejects.toThrow('division by zero');
        await expect(small.query('select 1 / 0')).rejects.toThrow('division by zero');
        await expect(small.single('select 1 / 0', [], () => undefined)).rejects.toThrow('division by zero');
        const atCommit = small.transaction((tx) => tx.query("insert into account values ('x', 1), ('y', 1)"));
        await expect(atCommit).rejects.toThrow('duplicate key');
        await expect(small.transaction(cut)).rejects.toThrow(DatabaseAway);
        const cutBefore = small.transaction(async (tx) => {
          await cut(tx);
          await tx.query('select 1');
        });
        await expect(cutBefore).rejects.toThrow(DatabaseAway);
        await expect(small.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toThrow(DatabaseAway);
      }
      await sql.query('alter table ledger.account drop constraint once');
      await allFree();
    });

    it('cuts short what still runs for work that was given up, although no place is free, and uses it again', async () => {
      const pids = new Set<number>();
      const hung = [0, 1].map(() =>
        small.once(async (tx) => {
          const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
          pids.add(row?.pid as number);
          tx.query('select pg_sleep(20)').catch(() => undefined);
          tx.query("insert into account values ('late', 1)").catch(() => undefined);
          await until(async () => pids.size === 2);
          await sleep(50);
          throw new Error('given up');
        }),
      );
      const began = Date.now();
      await Promise.all(hung.map((each) => expect(each).rejects.toThrow('given up')));
      expect(Date.now() - began).toBeLessThan(15_000);
      const [again] = await small.query<{ pid: number }>('select pg_backend_pid() as pid');
      expect(pids).toContain(again?.pid);
      await allFree();
      expect(await balances()).toEqual({});
    });

    it('blames work that is silent for so long that the server ends it, not the database', async () => {
      const silent = small.transaction(async (tx) => {
        const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
        await tx.query("set local idle_in_transaction_session_timeout = '100ms'");
        const session = 'select 1 from pg_stat_activity where pid = $1';
        await until(async () => (await sql.query(session, [row?.pid])).rows.length === 0);
        await insert(tx, 'late');
      });
      const error = await silent.catch((thrown) => thrown);
      expect(error).not.toBeInstanceOf(DatabaseAway);
      expect(error.message).toContain('said nothing to the database for so long');
      await allFree();
      expect(await balances()).toEqual({});
    });

    it('stays awake while it says that it is still there', async () => {
      await small.transaction(async (tx) => {
        await tx.query("set local idle_in_transaction_session_timeout = '1500ms'");
        for (let n = 0; n < 4; n++) {
          await sleep(500);
          tx.stayAwake();
        }
        await insert(tx, 'in time');
      });
      expect(await balances()).toEqual({ 'in time': 0 });
    });
  });
});
