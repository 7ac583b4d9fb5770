import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { Given } from '#test/crash/modules';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { untilWithin } from '#test/until';
import { toOutgoing } from './outbox.js';
import { CRASHES } from './parked.js';

/** Several processes start in it, one after the other, on a machine that does other things. In milliseconds. */
const LONG = 240_000;

/** A process of its own with the modules of test/crash. */
class Child {
  private readonly process: ChildProcess;
  private output = '';
  readonly exit: Promise<unknown>;

  constructor({ ownerUrl, moduleUrls }: TestDatabase) {
    this.process = spawn(
      process.execPath,
      ['--conditions=seamline-src', 'test/crash/process.js', JSON.stringify({ ownerUrl, moduleUrls })],
      { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk;
      });
    this.exit = once(this.process, 'exit');
  }

  get pid(): number {
    return this.process.pid as number;
  }

  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  has(said: string): boolean {
    return this.output.includes(said);
  }

  /** How many messages each transaction took that handled any. */
  handled(): number[] {
    return [...this.output.matchAll(/handled (\d+)/g)].map(([, count]) => Number(count));
  }

  async ready(): Promise<this> {
    await until(async () => this.has('ready') || !this.isAlive);
    if (!this.has('ready') && this.process.signalCode !== 'SIGKILL')
      throw new Error(`It did not start:\n${this.output}`);
    return this;
  }

  async signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.process.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.exit;
  }
}

describe('a process', () => {
  let database: TestDatabase;
  let sql: pg.Client;
  const children = new Set<Child>();
  /** Has migrated the database. */
  let first: Child;

  const start = () => {
    const child = new Child(database);
    children.add(child);
    return child.ready();
  };
  const end = async (child: Child) => {
    await child.signal('SIGTERM');
    children.delete(child);
  };

  beforeAll(async () => {
    database = await createTestDatabase({
      modules: [
        { name: 'giver', schema: 'giver' },
        { name: 'taker', schema: 'taker' },
      ],
    });
    sql = new pg.Client({ connectionString: database.databaseUrl });
    await sql.connect();
    first = await start();
  }, LONG);
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });
  beforeEach(async () => {
    await sql.query('truncate taker.taken, taker.parked, taker.delayed, taker.dead_letter, taker.attempt, taker.lease');
  });
  afterEach(async () => {
    for (const child of children) await child.signal('SIGKILL');
    children.clear();
  });

  const give = async (...messages: [key: string, n: number, does: string][]) => {
    await sql.query('begin');
    for (const [key, n, does] of messages) {
      const { partition, eventId, type, envelope } = toOutgoing('giver', Given, { key, n, does });
      await sql.query(
        'insert into giver.outbox (partition, event_id, type, key, envelope) values ($1, $2, $3, $4, $5)',
        [partition, eventId, type, key, envelope],
      );
    }
    await sql.query('commit');
  };
  const envelope = (key: string, n: number, does: string) => ({
    specversion: '1.0',
    id: uuidv7(),
    source: '/giver',
    type: Given.name,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: { key, n, does },
  });
  const taken = async () =>
    (await sql.query('select key, n from taker.taken order by at')).rows.map(({ key, n }) => `${key} ${n}`);
  const dead = async () => (await sql.query('select key, reason from taker.dead_letter order by id')).rows;
  const KILLED = `The process has ended ${CRASHES} times while it handled this message.`;

  /** Starts processes one after the other, each when the one before has been killed. Answers how many were. */
  async function startUntilOneLives(isDone: () => Promise<boolean>): Promise<{ killed: number; alive: Child }> {
    for (let killed = 0; ; killed++) {
      const child = await start();
      await until(async () => !child.isAlive || (await isDone()));
      if (child.isAlive) return { killed, alive: child };
      children.delete(child);
    }
  }

  it(
    'that ends in order leaves no suspicion, and two that do not leave it for what both had',
    async () => {
      const many = (from: number) =>
        Array.from({ length: 10 }, (_, n): [string, number, string] => ['same', from + n, '']);
      const handledAll = (child: Child) =>
        until(async () => child.handled().reduce((sum, each) => sum + each, 0) >= 10);
      await give(...many(0));
      await handledAll(first);
      await until(async () => (await taken()).length === 10);
      expect(Math.max(...first.handled())).toBe(10);
      await first.signal('SIGKILL');

      // As a second process leaves it that ended amid these.
      await give(...many(10));
      await sql.query(
        `insert into taker.attempt (event_id, tries) select event_id, 1 from giver.outbox where (envelope -> 'data' ->> 'n')::int >= 10`,
      );
      const suspicious = await start();
      await handledAll(suspicious);
      await until(async () => (await taken()).length === 20);
      expect(Math.max(...suspicious.handled())).toBe(1);
      await end(suspicious);

      await give(...many(20));
      const trusting = await start();
      await handledAll(trusting);
      await until(async () => (await taken()).length === 30);
      expect(Math.max(...trusting.handled())).toBe(10);
      await end(trusting);
    },
    LONG,
  );

  it(
    'that a message kills finds it, sets it aside with its reason, and takes all others once',
    async () => {
      const others: [string, number, string][] = Array.from({ length: 12 }, (_, n) => [`other ${n % 6}`, n, '']);
      await give(...others.slice(0, 6), ['killer', 1, 'kill'], ['killer', 2, ''], ...others.slice(6));
      const { killed, alive } = await startUntilOneLives(async () => (await taken()).length === 13);

      expect(await dead()).toEqual([{ key: 'killer', reason: expect.stringContaining(KILLED) }]);
      expect((await taken()).sort()).toEqual([...others.map(([key, n]) => `${key} ${n}`), 'killer 2'].sort());
      // Once unsuspected, and then as often as is allowed.
      expect(killed).toBeLessThanOrEqual(CRASHES + 1);
      expect((await sql.query('select 1 from taker.attempt')).rowCount).toBe(0);
      await end(alive);
    },
    LONG,
  );

  it.each([
    [
      'parked',
      (key: string) => {
        const message = envelope(key, 1, 'kill');
        return sql.query(
          `insert into taker.parked (source, key, event_id, type, envelope, attempts, due_at)
           values ('giver', $1, $2, $3, $4, 1, now())`,
          [key, message.id, Given.name, JSON.stringify(message)],
        );
      },
    ],
    [
      'delayed',
      (key: string) =>
        sql.query('insert into taker.delayed (envelope, due_at) values ($1, now())', [
          JSON.stringify(envelope(key, 1, 'kill')),
        ]),
    ],
  ])(
    'that a %s message kills finds it as well, for each try is counted before it is made',
    async (_, wait) => {
      await wait('killer');
      const killed = await start();
      await killed.exit;
      expect((await sql.query('select tries from taker.attempt')).rows).toEqual([{ tries: 1 }]);
      await sql.query('update taker.attempt set tries = $1', [CRASHES]);
      await sql.query('update taker.parked set due_at = now()');

      const alive = await start();
      await until(async () => (await dead()).length > 0);
      expect(await dead()).toEqual([{ key: 'killer', reason: expect.stringContaining(KILLED) }]);
      await give(['killer', 2, '']);
      await until(async () => (await taken()).length === 1);
      expect((await sql.query('select 1 from taker.attempt')).rowCount).toBe(0);
      await end(alive);
    },
    LONG,
  );

  it(
    'that ends in order amid a try leaves no count of it, however often, nor does one that finds its module paused',
    async () => {
      const message = envelope('slow', 1, 'sit');
      await sql.query(
        `insert into taker.parked (source, key, event_id, type, envelope, attempts, due_at)
       values ('giver', 'slow', $1, $2, $3, 1, now())`,
        [message.id, Given.name, JSON.stringify(message)],
      );
      const sitting = await start();
      await until(async () => sitting.has('sits at slow'));
      await end(sitting);
      // The server may hear of it a moment after the process is gone.
      await until(async () => (await sql.query('select 1 from taker.attempt')).rowCount === 0, 10_000);
      expect(await taken()).toEqual([]);
      // Its claim runs out, and then it would be tried once more.
      await sql.query('truncate taker.parked');

      const killed = await start();
      await give(['before', 1, '']);
      await until(async () => (await taken()).length === 1);
      await killed.signal('SIGKILL');
      children.delete(killed);
      await sql.query('insert into taker.pause default values');
      await give(['paused', 1, '']);
      const paused = await start();
      await sleep(1_500);
      expect((await sql.query('select 1 from taker.attempt')).rowCount).toBe(0);
      await sql.query('delete from taker.pause');
      await until(async () => (await taken()).includes('paused 1'));
      await end(paused);
    },
    LONG,
  );

  it(
    'that is frozen in the middle of a handler is relieved of it, and doubles nothing when it wakes up',
    async () => {
      const both = [await start(), await start()];
      await sleep(1_000);
      await give(['frozen', 1, 'dawdle'], ['frozen', 2, '']);
      await until(async () => both.some((child) => child.has('dawdles at frozen')));
      const frozen = both.find((child) => child.has('dawdles at frozen')) as Child;
      await frozen.signal('SIGSTOP');
      await until(async () => (await taken()).length === 2, 30_000);

      await frozen.signal('SIGCONT');
      await sleep(2_500);
      await give(['frozen', 3, ''], ['woken', 1, '']);
      await until(async () => (await taken()).length === 4);
      expect((await taken()).filter((each) => each.startsWith('frozen'))).toEqual(['frozen 1', 'frozen 2', 'frozen 3']);
      expect(
        (await sql.query('select 1 from taker.taken where n = 1 and pid = $1', [frozen.pid])).rowCount,
      ).toBeLessThan(2);
      expect(both.map((child) => child.isAlive)).toEqual([true, true]);
      expect(await dead()).toEqual([]);
      for (const child of both) await end(child);
    },
    LONG,
  );
});

const until = untilWithin(60_000);
