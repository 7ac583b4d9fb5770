import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { send } from '#test/http';
import { TestTokens } from '#test/test-tokens';
import { untilWithin } from '#test/until';
import { BoundedContext } from '../../bounded-context.js';
import { defineEvent } from '../../contract/message.js';
import { roleName } from '../../persistence/role-name.js';
import type { Transaction } from '../../persistence/unit-of-work.js';
import { type Message, Subscribe } from '../subscriptions.js';
import type { Discarded, Lag, MessageStory, Resent, Resumed, Retried } from './views.js';

interface Page {
  items: Record<string, unknown>[];
  next: string | null;
}

const shape = z.strictObject({ key: z.string(), n: z.int() });
const Sold = defineEvent('till.sold.v1', 'key', shape);
const Charged = defineEvent('till.charged.v1', 'key', shape);
const Shipped = defineEvent('depot.shipped.v1', 'key', shape);

class Books extends Migration {
  override up(): void {
    this.addSql('create table entry (at bigint generated always as identity, type text, key text, n int)');
    this.addSql('create table trouble (key text primary key)');
  }
}

/** Writes down what it hears, and fails at the keys that the table `trouble` names. */
@Injectable()
class Clerk {
  @Subscribe(Sold, { replayable: true })
  async sold(message: Message<typeof Sold>, tx: Transaction): Promise<void> {
    await write(message, tx);
  }

  @Subscribe(Charged, { afterDeadLetter: 'waits' })
  async charged(message: Message<typeof Charged>, tx: Transaction): Promise<void> {
    await write(message, tx);
  }

  @Subscribe(Shipped, { replayable: true })
  async shipped(message: Message<typeof Shipped>, tx: Transaction): Promise<void> {
    await write(message, tx);
  }
}

const gates = new Map<string, { reached: () => void; open: Promise<void> }>();

async function write({ type, key, payload: { n } }: Message<typeof Sold>, tx: Transaction): Promise<void> {
  await tx.query('insert into entry (type, key, n) values ($1, $2, $3)', [type, key, n]);
  gates.get(key)?.reached();
  await gates.get(key)?.open;
  const trouble = await tx.query('select 1 from trouble where key = $1', [key]);
  if (trouble.length > 0) throw new Error(`no luck with ${key}`);
}

const context = (name: string, dependsOn: string[], subscribers: (new () => Clerk)[] = []) =>
  BoundedContext.register({
    declaration: { name, schema: name, dependsOn },
    entities: [],
    migrations: [{ name: `${name}-0001`, class: Books }],
    subscribers,
  });

@Module({ imports: [context('till', [])] })
class TillModule {}

@Module({ imports: [context('depot', [])] })
class DepotModule {}

@Module({ imports: [context('books', ['till', 'depot'], [Clerk])], providers: [Clerk] })
class BooksModule {}

describe('care for messages', () => {
  let tokens: TestTokens;
  let booted: BootedModules;
  let sql: pg.Client;
  let admin: string;

  beforeAll(async () => {
    tokens = await TestTokens.start();
    booted = await bootModules([TillModule, DepotModule, BooksModule], { jwksUrl: tokens.url });
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
    admin = await tokens.sign({ sub: 'anna', roles: ['admin'] });
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
    await tokens[Symbol.asyncDispose]();
  });
  afterEach(async () => {
    gates.clear();
    await post('resume', { subscriber: 'books' });
    await sql.query('truncate books.trouble; delete from books.dead_letter; delete from books.parked');
  });

  const get = async <Body = Page>(path: string) =>
    (await send<Body>(booted.url, 'GET', `/admin/messages/${path}`, { token: admin })).body;
  const post = <Body = Record<string, unknown>>(path: string, body: object, headers: Record<string, string> = {}) =>
    send<Body>(booted.url, 'POST', `/admin/messages/${path}`, { token: admin, body, headers });
  const did = async <Body = Record<string, unknown>>(path: string, body: object) => {
    const answer = await post<Body>(path, body);
    expect(answer).toMatchObject({ status: 200 });
    return answer.body;
  };
  const rows = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rows;
  const heard = async (key: string) =>
    (await rows('select n from books.entry where key = $1 order by at', key)).map(({ n }) => n);
  const until = untilWithin(30_000);
  const tell = (event: typeof Sold, key: string, ...numbers: number[]) =>
    booted.transaction(event.owner === 'depot' ? DepotModule : TillModule, async (tx) => {
      for (const n of numbers) tx.publish(event, { key, n });
    });
  const taken = async (key: string, ...numbers: number[]) => {
    await until(async () => (await heard(key)).length >= numbers.length);
    expect(await heard(key)).toEqual(numbers);
  };
  const waiting = (table: 'dead_letter' | 'parked', key: string) =>
    rows(`select event_id as id, seq, attempts from books.${table} where key = $1 order by seq`, key);
  /** One message a key, each of which has failed as often as it takes. */
  const letDie = async (event: typeof Sold, ...keys: string[]) => {
    for (const key of keys) {
      await sql.query('insert into books.trouble values ($1)', [key]);
      await tell(event, key, 1);
    }
    for (const key of keys) {
      await until(async () => {
        // Not one that is being tried: to whoever claims it again, that one's process would seem to have ended.
        await sql.query(
          `update books.parked p set attempts = 12, due_at = now() where key = $1 and attempts > 0
              and not exists (select from books.attempt a where a.event_id = p.event_id)`,
          [key],
        );
        return (await waiting('dead_letter', key)).length > 0;
      });
    }
  };
  const letPark = async (key: string) => {
    await sql.query('insert into books.trouble values ($1)', [key]);
    await tell(Sold, key, 1);
    await until(async () => (await waiting('parked', key)).length > 0);
    await sql.query(`update books.parked set due_at = now() + interval '1 hour' where key = $1`, [key]);
  };
  const mend = () => sql.query('truncate books.trouble');
  const audited = (schema: string, action: string) =>
    rows(
      `select actor, filter, affected, discarded from ${schema}.message_audit where action = $1 order by id`,
      action,
    );
  const newest = async (schema: string, action: string) => (await audited(schema, action)).at(-1);

  describe('lag', () => {
    it('tells how far a subscriber is behind, since when and in which partition, and what is paused', async () => {
      await did('pause', { subscriber: 'books' });
      await tell(Sold, 'behind', 1, 2, 3);
      const { subscriptions, modules } = await get<Lag>('lag');
      const till = subscriptions.find(({ source }) => source === 'till');
      expect(till).toMatchObject({ subscriber: 'books', runs: true, waiting: 3, replays: 0 });
      expect(till?.oldestSeconds).toBeGreaterThanOrEqual(0);
      expect(till?.oldestSeconds).toBeLessThan(120);
      expect(till?.partitions.map((each) => each.waiting).sort()).toEqual([0, 0, 0, 3]);
      expect(modules.find(({ module }) => module === 'books')).toEqual({
        ...{ module: 'books', parked: 0, dead: 0, delayed: 0 },
        pauses: [{ type: null, key: null, since: expect.any(String) }],
      });

      await did('resume', { subscriber: 'books' });
      await taken('behind', 1, 2, 3);
      const nothing = ({ subscriptions }: Lag) => subscriptions.every((each) => each.waiting === 0);
      await until(async () => nothing(await get<Lag>('lag')));
    });

    it('counts what is parked and dead', async () => {
      await letDie(Sold, 'one-dead');
      await letPark('one-parked');
      const { modules } = await get<Lag>('lag');
      expect(modules.find(({ module }) => module === 'books')).toMatchObject({ parked: 1, dead: 1 });
    });

    it('tells of a subscriber that nobody runs as, until it is forgotten', async () => {
      await sql.query(`insert into till.subscriber values ('ledger', '{till.sold.v1}', '{}')`);
      await sql.query(`insert into till.relay_position (subscriber, partition, move, s1, floor, last_id)
                       select 'ledger', n, 1, pg_current_snapshot(), 0, 0 from generate_series(0, 3) n`);
      await tell(Sold, 'for-ledger', 1, 2);
      const ledger = async () => (await get<Lag>('lag')).subscriptions.find((each) => each.subscriber === 'ledger');
      expect(await ledger()).toMatchObject({ source: 'till', runs: false, waiting: 2 });

      const forget = (name: string) =>
        send<{ detail: string }>(booted.url, 'DELETE', `/admin/messages/subscribers/${name}`, { token: admin });
      expect(await forget('books')).toMatchObject({ status: 409, body: { type: 'urn:problem:still-subscribes' } });
      expect((await forget('leger')).body.detail).toContain('Did you mean "ledger"?');
      expect(await forget('ledger')).toMatchObject({
        status: 200,
        body: { sources: [{ source: 'till', passedBy: 2 }] },
      });
      expect(await ledger()).toBeUndefined();
      expect(await rows(`select 1 from till.relay_position where subscriber = 'ledger'`)).toEqual([]);
      expect(await newest('till', 'forget')).toMatchObject({
        ...{ actor: 'anna', filter: { subscriber: 'ledger' } },
        affected: 2,
      });
      expect((await forget('ledger')).status).toBe(404);
    });
  });

  describe('lists', () => {
    it('show dead letters, newest first and in pages, without their payload', async () => {
      await letDie(Sold, 'a', 'b', 'c');
      const first = await get('dead?limit=2');
      const second = await get(`dead?limit=2&after=${first.next}`);
      expect([...first.items, ...second.items].map(({ key }) => key)).toEqual(['c', 'b', 'a']);
      expect(second.next).toBeNull();
      const [id] = (await waiting('dead_letter', 'c')).map((row) => row.id);
      expect(first.items[0]).toEqual({
        ...{ id, subscriber: 'books', source: 'till', type: Sold.name, key: 'c', attempts: 12 },
        ...{ reason: 'no luck with c', diedAt: expect.any(String), holdsKey: false },
      });
    });

    it('select by type, key, id and time', async () => {
      await letDie(Sold, 'a', 'b');
      await letDie(Charged, 'c');
      const keys = async (filter: string) => (await get(`dead?${filter}`)).items.map(({ key }) => key).sort();
      const [b] = await waiting('dead_letter', 'b');
      expect(await keys('subscriber=books')).toEqual(['a', 'b', 'c']);
      expect(await keys('subscriber=till')).toEqual([]);
      expect(await keys(`type=${Charged.name}`)).toEqual(['c']);
      expect(await keys('key=a')).toEqual(['a']);
      expect(await keys(`id=${b?.id.toUpperCase()}`)).toEqual(['b']);
      expect(await keys('since=1h')).toEqual(['a', 'b', 'c']);
      expect(await keys('until=1h')).toEqual([]);
      expect(await keys(`until=${new Date(Date.now() + 60_000).toISOString()}`)).toEqual(['a', 'b', 'c']);
    });

    it('say what a parked message waits for', async () => {
      await letPark('tried');
      await tell(Sold, 'tried', 2);
      await until(async () => (await waiting('parked', 'tried')).length === 2);
      await letDie(Charged, 'held');
      await tell(Charged, 'held', 2);
      await until(async () => (await waiting('parked', 'held')).length === 1);
      await did('pause', { subscriber: 'books', key: 'halted' });
      await tell(Sold, 'halted', 1);
      await until(async () => (await waiting('parked', 'halted')).length === 1);
      const { items } = await get('parked');
      expect(items.map(({ key, waitsFor }) => [key, waitsFor])).toEqual([
        ['halted', 'pause'],
        ['held', 'dead-letter'],
        ['tried', 'earlier-message'],
        ['tried', 'time'],
      ]);
    });

    it('refuse names and times that mean nothing, and say what is near', async () => {
      const detail = async (path: string) => (await get<{ detail: string }>(path)).detail;
      expect(await detail('dead?subscriber=boks')).toBe('There is no module "boks". Did you mean "books"?');
      expect(await detail('dead?type=till.solt.v1')).toBe('Nobody takes "till.solt.v1". Did you mean "till.sold.v1"?');
      expect(await detail('parked?since=yesterday')).toContain('must be a time such as');
      expect(await detail('parked?since=0000-01-01')).toContain('must be a time such as');
      expect(await detail('dead?after=nonsense')).toContain('must be the `next` of a page before');
    });
  });

  describe('the story of a message', () => {
    it('tells what it is, where it waits and what stands before it', async () => {
      await letDie(Charged, 'story');
      await tell(Charged, 'story', 2);
      await until(async () => (await waiting('parked', 'story')).length === 1);
      const [first] = await waiting('dead_letter', 'story');
      const [second] = await waiting('parked', 'story');
      const story = await get<MessageStory>(second?.id);
      expect(story).toMatchObject({
        ...{ id: second?.id, source: 'till', retained: true, awaitedBy: [], takenBy: ['books'] },
        envelope: { id: second?.id, type: Charged.name, subject: 'story', data: { key: 'story', n: 2 } },
      });
      expect(story.waiting).toMatchObject([
        {
          ...{ subscriber: 'books', state: 'parked', attempts: 0, reason: null, waitsFor: 'dead-letter' },
          behind: [{ id: first?.id, type: Charged.name, state: 'dead' }],
        },
      ]);
      expect((await get<MessageStory>(first?.id)).waiting).toMatchObject([
        { state: 'dead', attempts: 12, reason: 'no luck with story', dueAt: null, behind: [] },
      ]);
    });

    it('tells who has not acknowledged it', async () => {
      await did('pause', { subscriber: 'books' });
      await tell(Sold, 'unsent', 1);
      const [{ id } = { id: '' }] = await rows(`select event_id as id from till.outbox where key = 'unsent'`);
      expect(await get<MessageStory>(id)).toMatchObject({ awaitedBy: ['books'], takenBy: [], waiting: [] });
    });

    it('of an unknown id is a sentence', async () => {
      const answer = await get<{ status: number; detail: string }>('0199a000-0000-7000-8000-0000000000aa');
      expect(answer).toMatchObject({ status: 404, detail: expect.stringContaining('No module has a message') });
    });
  });

  describe('retry', () => {
    it('puts a dead letter before the later ones of its key, and leaves the inbox alone', async () => {
      await letDie(Charged, 'again');
      await tell(Charged, 'again', 2, 3);
      await until(async () => (await waiting('parked', 'again')).length === 2);
      const inbox = await rows('select * from books.inbox order by 1, 2');
      await mend();
      expect(await did('retry', { subscriber: 'books', key: 'again' })).toEqual({ dead: 1, parked: 0 });
      await taken('again', 1, 2, 3);
      expect(await rows('select * from books.inbox order by 1, 2')).toEqual(inbox);
      expect(await newest('books', 'retry')).toMatchObject({
        ...{ actor: 'anna', affected: 1 },
        filter: { subscriber: 'books', key: 'again' },
      });
    });

    it('gives a dead letter all its tries again', async () => {
      await letDie(Sold, 'hopeless');
      await did('retry', { subscriber: 'books' });
      await until(async () => {
        const attempts = (await waiting('parked', 'hopeless'))[0]?.attempts ?? 0;
        return attempts >= 2 && attempts < 12;
      });
    });

    it('ends the wait of a parked one', async () => {
      await letPark('impatient');
      await mend();
      expect(await did('retry', { subscriber: 'books', key: 'impatient' })).toEqual({ dead: 0, parked: 1 });
      await taken('impatient', 1);
    });

    it('takes each letter once, however many ask at the same time', async () => {
      await letDie(Sold, 'x', 'y', 'z');
      await mend();
      const asked = await Promise.all([1, 2, 3].map(() => did<Retried>('retry', { subscriber: 'books' })));
      expect(asked.reduce((sum, { dead }) => sum + dead, 0)).toBe(3);
      for (const key of ['x', 'y', 'z']) await taken(key, 1);
    });

    it('and discard at once share the letters between them', async () => {
      const keys = Array.from({ length: 6 }, (_, n) => `shared-${n}`);
      await letDie(Sold, ...keys);
      await mend();
      const [retried, discarded] = await Promise.all([
        did<Retried>('retry', { subscriber: 'books' }),
        did<Discarded>('discard', { subscriber: 'books' }),
      ]);
      expect(retried.dead + discarded.discarded).toBe(6);
      const count = async () => (await rows('select 1 from books.entry where key = any ($1)', keys)).length;
      await until(async () => (await count()) === retried.dead);
      expect(await rows('select 1 from books.parked')).toEqual([]);
    });

    it('touches nothing and is not audited where nothing matches', async () => {
      const before = await audited('books', 'retry');
      expect(await did('retry', { subscriber: 'books', key: 'nothing' })).toEqual({ dead: 0, parked: 0 });
      expect(await audited('books', 'retry')).toEqual(before);
    });
  });

  describe('discard', () => {
    it('lets the key of a dead letter go on, and keeps the whole message in the audit', async () => {
      await letDie(Charged, 'gone');
      await tell(Charged, 'gone', 2);
      await until(async () => (await waiting('parked', 'gone')).length === 1);
      await mend();
      expect(await did('discard', { subscriber: 'books', key: 'gone' })).toEqual({ discarded: 1, left: 0 });
      await taken('gone', 2);
      expect(await newest('books', 'discard')).toMatchObject({
        ...{ actor: 'anna', affected: 1, filter: { table: 'dead_letter', key: 'gone' } },
        discarded: [{ attempts: 12, reason: 'no luck with gone', envelope: { data: { key: 'gone', n: 1 } } }],
      });
    });

    it('takes parked ones when told so', async () => {
      await letPark('unwanted');
      const unwanted = { subscriber: 'books', key: 'unwanted' };
      expect(await did('discard', unwanted)).toEqual({ discarded: 0, left: 0 });
      expect(await did('discard', { ...unwanted, parked: true })).toEqual({ discarded: 1, left: 0 });
      expect(await waiting('parked', 'unwanted')).toEqual([]);
    });

    it('leaves a parked message alone while a handler is at work on it, and says so', async () => {
      await letPark('in-hand');
      await mend();
      let open = () => {};
      const reached = new Promise<void>((resolve) => {
        gates.set('in-hand', { reached: resolve, open: new Promise<void>((go) => (open = go)) });
      });
      await did('retry', { subscriber: 'books', key: 'in-hand' });
      await reached;
      const inHand = { subscriber: 'books', key: 'in-hand', parked: true };
      expect(await did('discard', inHand)).toEqual({ discarded: 0, left: 1 });
      open();
      await taken('in-hand', 1);
    });

    it('of a parked message that was claimed and is not in hand yet means that nobody handles it', async () => {
      await letPark('claimed');
      await sql.query('update books.parked set attempts = attempts + 1 where key = $1', ['claimed']);
      const claimed = { subscriber: 'books', key: 'claimed', parked: true };
      expect(await did('discard', claimed)).toEqual({ discarded: 1, left: 0 });
      expect(await heard('claimed')).toEqual([]);
    });
  });

  describe('replay', () => {
    it('has history handled again, in its order, each time it is asked for', async () => {
      await tell(Sold, 'history', 1, 2);
      await taken('history', 1, 2);
      const asked = { subscriber: 'books', type: Sold.name, key: 'history' };
      const { sources } = await did<Resent>('replay', asked);
      expect(sources).toEqual([{ source: 'till', messages: 2, generation: expect.any(Number) }]);
      await taken('history', 1, 2, 1, 2);
      const again = await did<Resent>('replay', asked);
      expect(again.sources[0]?.generation).toBeGreaterThan(sources[0]?.generation as number);
      await taken('history', 1, 2, 1, 2, 1, 2);
      expect(await newest('till', 'replay')).toMatchObject({ actor: 'anna', affected: 2, filter: asked });
    });

    it('takes a generation that was never used, although the clock was set back', async () => {
      await tell(Sold, 'clock', 1);
      await taken('clock', 1);
      await sql.query(`insert into till.message_audit (actor, action, filter, affected)
                       values ('x', 'replay', '{"generation":"4000000000000"}', 1)`);
      const { sources } = await did<Resent>('replay', { subscriber: 'books', type: Sold.name, key: 'clock' });
      expect(sources[0]?.generation).toBe(4_000_000_000_001);
      await taken('clock', 1, 1);
    });

    it('spans sources, and keeps to the times it is given', async () => {
      await tell(Shipped, 'depot-side', 1);
      await taken('depot-side', 1);
      const nothing = await did<Resent>('replay', { subscriber: 'books', type: Shipped.name, until: '1h' });
      expect(nothing).toEqual({ sources: [] });
      const since = { subscriber: 'books', type: Shipped.name, since: '1h' };
      expect((await did<Resent>('replay', since)).sources).toMatchObject([{ source: 'depot' }]);
      await taken('depot-side', 1, 1);
    });

    it('is refused for what is not declared replayable, with a sentence that says how to', async () => {
      const refused = await post<{ detail: string }>('replay', { subscriber: 'books' });
      expect(refused).toMatchObject({ status: 409, body: { type: 'urn:problem:not-replayable' } });
      expect(refused.body.detail).toContain('books does not declare till.charged.v1 replayable');
      expect(refused.body.detail).toContain('@Subscribe(…, { replayable: true })');
      expect(refused.body.detail).toContain('till.sold.v1');
    });
  });

  describe('redeliver', () => {
    it('brings back what a restored receiver has forgotten, and nothing that it has', async () => {
      await tell(Sold, 'kept', 1);
      await tell(Sold, 'lost', 1, 2);
      await taken('kept', 1);
      await taken('lost', 1, 2);
      await sql.query(`delete from books.entry where key = 'lost'`);
      await sql.query(
        `delete from books.inbox where event_id in (select event_id from till.outbox where key = 'lost')`,
      );
      const { sources } = await did<Resent>('redeliver', { subscriber: 'books', source: 'till', since: '1h' });
      expect(sources).toEqual([{ source: 'till', messages: expect.any(Number), generation: 0 }]);
      await taken('lost', 1, 2);
      await until(async () => (await rows('select 1 from till.replay')).length === 0);
      expect(await heard('kept')).toEqual([1]);
      expect(await newest('till', 'redeliver')).toMatchObject({ filter: { subscriber: 'books', source: 'till' } });
    });
  });

  describe('pause', () => {
    it('keeps a type back while all others flow, until it is resumed', async () => {
      expect(await did('pause', { subscriber: 'books', type: Sold.name })).toEqual({ isNew: true });
      expect(await did('pause', { subscriber: 'books', type: Sold.name })).toEqual({ isNew: false });
      await tell(Sold, 'kept-back', 1);
      await tell(Shipped, 'flows', 1);
      await taken('flows', 1);
      await until(async () => (await waiting('parked', 'kept-back')).length === 1);
      expect(await heard('kept-back')).toEqual([]);
      const { lifted, remaining } = await did<Resumed>('resume', { subscriber: 'books', type: Sold.name });
      expect([lifted, remaining]).toMatchObject([[{ type: Sold.name, key: null }], []]);
      await taken('kept-back', 1);
      expect(await newest('books', 'pause')).toMatchObject({ actor: 'anna', filter: { type: Sold.name } });
    });

    it('stays where another one was meant', async () => {
      await did('pause', { subscriber: 'books', key: 'one' });
      await did('pause', { subscriber: 'books', key: 'two' });
      const { lifted, remaining } = await did<Resumed>('resume', { subscriber: 'books', key: 'one' });
      expect([lifted, remaining]).toMatchObject([[{ key: 'one' }], [{ key: 'two' }]]);
    });

    it('that is lifted makes due what waited for its next try', async () => {
      await letPark('halted-too');
      await did('pause', { subscriber: 'books' });
      await mend();
      await did('resume', { subscriber: 'books' });
      await taken('halted-too', 1);
    });

    it('is refused for a module that takes nothing', async () => {
      expect(await post('pause', { subscriber: 'till' })).toMatchObject({
        status: 422,
        body: {
          type: 'urn:problem:takes-nothing',
          detail: '"till" takes no messages, so there is nothing to pause. These do: books.',
        },
      });
    });

    it('is refused for a type that the subscriber does not take', async () => {
      const refused = await post('pause', { subscriber: 'books', type: 'depot.shiped.v1' });
      expect(refused).toMatchObject({
        status: 422,
        body: { detail: 'books does not take "depot.shiped.v1". Did you mean "depot.shipped.v1"?' },
      });
    });
  });

  describe('a module whose tables cannot be read', () => {
    /** While the role of `books` may not read the table. */
    const without = async (table: string, work: () => Promise<void>) => {
      const [{ name } = { name: '' }] = await rows('select current_database() as name');
      const role = pg.escapeIdentifier(roleName(name, 'books'));
      await sql.query(`revoke select on books.${table} from ${role}`);
      await work().finally(() => sql.query(`grant select on books.${table} to ${role}`));
    };
    const told = (table: string) => [
      {
        module: 'books',
        problem: expect.stringMatching(
          new RegExp(
            `^The role of module books lacks a privilege: permission denied for table ${table}\\. Grant it again`,
          ),
        ),
      },
    ];
    const answerTo = (path: string) =>
      send<{ items: object[]; unreadable: object }>(booted.url, 'GET', `/admin/messages/${path}`, { token: admin });

    it('does not hide the others from lag, nor what of itself can be read', async () => {
      await without('parked', async () => {
        const { subscriptions, modules, unreadable } = await get<Lag>('lag');
        expect(modules.map(({ module }) => module)).toEqual(['till', 'depot']);
        expect(subscriptions.map(({ source, subscriber }) => [source, subscriber])).toEqual([
          ['till', 'books'],
          ['depot', 'books'],
        ]);
        expect(unreadable).toEqual(told('parked'));
      });
      expect((await get<Lag>('lag')).unreadable).toEqual([]);
    });

    it('is named beside the list of all, and is a 503 where the list is its own', async () => {
      for (const [path, table] of [
        ['parked', 'parked'],
        ['dead', 'dead_letter'],
      ] as const)
        await without(table, async () => {
          expect(await answerTo(path)).toMatchObject({ status: 200, body: { items: [], unreadable: told(table) } });
          expect(await answerTo(`${path}?subscriber=books`)).toMatchObject({
            status: 503,
            body: { type: 'urn:problem:module-not-usable', detail: told(table)[0]?.problem },
          });
          expect((await answerTo(`${path}?subscriber=till`)).body.unreadable).toEqual([]);
        });
    });

    it('is named beside the story of a message, and leaves one that nobody else has unknown', async () => {
      await tell(Sold, 'half-told', 1);
      await taken('half-told', 1);
      const [{ id } = { id: '' }] = await rows(`select event_id as id from till.outbox where key = 'half-told'`);
      await without('inbox', async () => {
        expect(await answerTo(id)).toMatchObject({ status: 200, body: { unreadable: told('inbox') } });
        const unknown = await send<{ detail: string }>(booted.url, 'GET', `/admin/messages/${uuidv7()}`, {
          token: admin,
        });
        expect(unknown).toMatchObject({ status: 503 });
        expect(unknown.body.detail).toMatch(/^No module that can be read has a message .*permission denied for table/);
      });
    });

    it('refuses an action with the same sentence', async () => {
      await without('dead_letter', async () => {
        const body = { type: 'urn:problem:module-not-usable', detail: told('dead_letter')[0]?.problem };
        expect(await post('retry', { subscriber: 'books' })).toMatchObject({ status: 503, body });
        const underKey = await post('retry', { subscriber: 'books' }, { 'idempotency-key': 'denied' });
        expect(underKey).toMatchObject({ status: 503, body });
      });
    });
  });

  describe('over HTTP', () => {
    const routes: [method: string, path: string][] = [
      ['GET', 'lag'],
      ['GET', 'dead'],
      ['GET', 'parked'],
      ['GET', '0199a000-0000-7000-8000-0000000000aa'],
      ...['retry', 'discard', 'replay', 'redeliver', 'pause', 'resume'].map((action): [string, string] => [
        'POST',
        action,
      ]),
      ['DELETE', 'subscribers/books'],
    ];

    it.each(routes)('%s %s is for administrators only', async (method, path) => {
      const ask = async (token?: string) =>
        (
          await send(booted.url, method, `/admin/messages/${path}`, {
            ...(token === undefined ? {} : { token }),
            ...(method === 'POST' ? { body: { subscriber: 'books' } } : {}),
          })
        ).status;
      expect(await ask()).toBe(401);
      expect(await ask(await tokens.sign({ sub: 'sam', roles: ['sales', 'customer'] }))).toBe(403);
    });

    it('an action under one Idempotency-Key is done once', async () => {
      await tell(Sold, 'once', 1);
      await taken('once', 1);
      const asked = { subscriber: 'books', type: Sold.name, key: 'once' };
      const twice = await Promise.all([1, 2].map(() => post('replay', asked, { 'idempotency-key': 'replay-once' })));
      expect(twice[0]?.body).toEqual(twice[1]?.body);
      await taken('once', 1, 1);
      await letDie(Sold, 'key-of-letter');
      await mend();
      const first = await post('retry', { subscriber: 'books' }, { 'idempotency-key': 'retry-once' });
      const second = await post('retry', { subscriber: 'books' }, { 'idempotency-key': 'retry-once' });
      expect([first.body, second.body]).toEqual([first.body, { dead: 1, parked: 0 }]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
    });

    it('an Idempotency-Key of one subscriber is no other subscriber’s, as of one body it is no other body’s', async () => {
      const underKey = (subscriber: string) => post('retry', { subscriber }, { 'idempotency-key': 'whose' });
      expect(await underKey('books')).toMatchObject({ status: 200 });
      const reused = { status: 409, body: { type: 'urn:problem:idempotency-key-reused' } };
      expect(await underKey('till')).toMatchObject(reused);
      const [one, other] = await Promise.all(
        ['books', 'depot'].map((subscriber) => post('retry', { subscriber }, { 'idempotency-key': 'at-once' })),
      );
      expect([one?.status, other?.status].sort()).toEqual([200, 409]);
    });

    it('a key that no message can have, and times in the wrong order, are refused', async () => {
      const field = async (query: string) => {
        const path = `/admin/messages/dead?${query}`;
        const { status, body } = await send<{ errors?: { field: string }[] }>(booted.url, 'GET', path, {
          token: admin,
        });
        return [status, body.errors?.[0]?.field];
      };
      expect(await field(`key=${'k'.repeat(1_024)}`)).toEqual([200, undefined]);
      expect(await field(`key=${'k'.repeat(1_025)}`)).toEqual([422, 'key']);
      expect(await field(`key=${encodeURIComponent('ä'.repeat(513))}`)).toEqual([422, 'key']);
      expect(await field('key=')).toEqual([422, 'key']);
      expect(await field('since=2h&until=1h')).toEqual([200, undefined]);
      expect(await field('since=1h&until=2h')).toEqual([422, 'since']);
      for (const action of ['retry', 'discard', 'replay']) {
        const backwards = await post<{ errors: object }>(action, { subscriber: 'books', since: '1h', until: '2h' });
        expect(backwards).toMatchObject({ status: 422, body: { errors: [{ field: 'since' }] } });
      }
      expect(await post('pause', { subscriber: 'books', key: 'k'.repeat(1_025) })).toMatchObject({ status: 422 });
    });

    it('lag takes no query, as the lists take none that they do not know', async () => {
      expect(await get<{ status: number }>('lag?nope=1')).toMatchObject({ status: 422 });
    });

    it('input that breaks the schema is told by its fields', async () => {
      const problem = async (body: object) => (await post<{ errors?: object[] }>('discard', body)).body;
      expect(await problem({})).toMatchObject({ status: 422, errors: [{ field: 'subscriber' }] });
      expect(await problem({ subscriber: 'books', parked: 'yes' })).toMatchObject({ errors: [{ field: 'parked' }] });
      expect(await problem({ subscriber: 'books', all: true })).toMatchObject({ status: 422 });
      expect(await problem({ subscriber: 'boks' })).toMatchObject({ type: 'urn:problem:unknown-module' });
    });

    it('the routes are in the OpenAPI document', async () => {
      const document = await send<{ paths: object }>(booted.url, 'GET', '/openapi.json');
      expect(Object.keys(document.body.paths)).toEqual(
        expect.arrayContaining(['/admin/messages/lag', '/admin/messages/retry', '/admin/messages/{id}']),
      );
    });
  });
});
