import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { untilWithin } from '#test/until';
import { BoundedContext } from '../bounded-context.js';
import type { Envelope } from '../contract/envelope.js';
import { defineCommand, defineEvent } from '../contract/message.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { delay } from './delayed.js';
import { points } from './points.js';
import { Handle, type Message, Subscribe } from './subscriptions.js';

const shape = z.strictObject({ key: z.string(), n: z.int(), note: z.string().optional() });
const GoesOn = defineEvent('post.goes-on.v1', 'key', shape);
const Waits = defineEvent('post.waits.v1', 'key', shape);
const ToMyself = defineCommand('post.to-myself.v1', 'key', shape);
type Sent = Message<typeof GoesOn>;

class Letters extends Migration {
  override up(): void {
    this.addSql('create table letter (at bigint generated always as identity, type text, key text, n int)');
  }
}

/** Keys whose messages fail. */
const failing = new Set<string>();
/** Keys at whose messages the clerk sits until he is told to go on. */
const dawdling = new Map<string, Promise<void>>();

@Injectable()
class Clerk {
  @Subscribe(GoesOn)
  goesOn(message: Sent, tx: Transaction): Promise<void> {
    return this.take(message, tx);
  }
  @Subscribe(Waits, { afterDeadLetter: 'waits' })
  waits(message: Sent, tx: Transaction): Promise<void> {
    return this.take(message, tx);
  }
  @Handle(ToMyself)
  toMyself(message: Message<typeof ToMyself>, tx: Transaction): Promise<void> {
    return this.take(message, tx);
  }

  private async take({ type, key, payload: { n } }: Sent | Message<typeof ToMyself>, tx: Transaction): Promise<void> {
    await tx.query('insert into letter (type, key, n) values ($1, $2, $3)', [type, key, n]);
    await dawdling.get(key);
    if (failing.has(`${key} ${n}`)) throw new Error(`no luck with ${key} ${n}`);
  }
}

@Module({
  imports: [
    BoundedContext.register({
      declaration: { name: 'post', schema: 'post', dependsOn: [] },
      entities: [],
      migrations: [{ name: 'post-0001', class: Letters }],
      subscribers: [Clerk],
    }),
  ],
  providers: [Clerk],
})
class PostModule {}

describe('a message that waits', () => {
  let booted: BootedModules;
  let sql: pg.Client;
  let number = 0;

  beforeAll(async () => {
    booted = await bootModules([PostModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });
  afterEach(async () => {
    failing.clear();
    await sql.query('truncate post.letter, post.parked, post.delayed, post.dead_letter, post.pause');
  });

  const batch = (messages: unknown[]) => ({
    source: 'post',
    subscriber: 'post',
    partition: 9,
    epoch: 1,
    number: ++number,
    generation: 0,
    messages: messages as Envelope[],
  });
  const send = (...messages: unknown[]) => booted.transport.send(batch(messages));
  const letters = async (key: string) =>
    (await sql.query('select n from post.letter where key = $1 order by at', [key])).rows.map(({ n }) => n);
  const parked = async (key: string) =>
    (await sql.query('select attempts from post.parked where key = $1 order by seq', [key])).rowCount;
  const dead = async () =>
    (await sql.query('select key, type, reason, holds_key, unknown_type from post.dead_letter order by id')).rows;
  const due = () => sql.query('update post.parked set due_at = now()');
  const lastTry = () => sql.query('update post.parked set due_at = now(), attempts = 11 where attempts > 0');
  const until = untilWithin(30_000);
  /** One that has failed, and waits for so long that nothing happens to it before it is due. */
  const failed = async (key: string) => {
    failing.add(`${key} 1`);
    await send(message(GoesOn, key, 1));
    // With another count, so that a try of it that is under way has no say any more.
    await sql.query(
      "update post.parked set attempts = attempts + 1, due_at = now() + interval '1 hour' where key = $1",
      [key],
    );
    failing.clear();
  };
  /** Longer than the waiting room sleeps. */
  const aWhile = () => sleep(800);

  it('does not hold up other keys by how many wait behind it', async () => {
    await sql.query("insert into post.pause (key) values ('hot')");
    await sql.query(
      `insert into post.parked (source, key, event_id, type, envelope, attempts, due_at)
       select 'post', 'hot', gen_random_uuid(), $1, '{}', 0, now() from generate_series(1, 20000)`,
      [GoesOn.name],
    );
    await sql.query('analyze post.parked');
    failing.add('cold 1');
    await send(message(GoesOn, 'cold', 1));
    failing.clear();
    await due();
    await until(async () => (await letters('cold')).length === 1);
  });

  it('does not wait behind those that fail, when it was only delayed', async () => {
    const stuck = Array.from({ length: 3 }, (_, n) => `stuck ${n}`);
    const over = Promise.withResolvers<void>();
    for (const key of stuck) dawdling.set(key, over.promise);
    await sql.query(
      `insert into post.parked (source, key, event_id, type, envelope, attempts, due_at)
       select 'post', e ->> 'subject', (e ->> 'id')::uuid, e ->> 'type', e, 1, now() from unnest($1::json[]) e`,
      [stuck.map((key) => JSON.stringify(message(GoesOn, key, 1)))],
    );
    await booted.transaction(PostModule, async (tx) => delay(tx, ToMyself, { key: 'timer', n: 1 }, 0));
    try {
      await until(async () => (await letters('timer')).length === 1);
      expect(await parked('stuck 2')).toBe(1);
    } finally {
      over.resolve();
      dawdling.clear();
    }
  });

  it('is left alone with all that was claimed with it when somebody else has claimed the first of them since', async () => {
    failing.add('k 1');
    await send(...[1, 2, 3, 4].map((n) => message(GoesOn, 'k', n)));
    await sql.query("update post.parked set attempts = 0, due_at = now() + interval '1 hour' where key = 'k'");
    failing.clear();
    const claimed = new Promise<void>((resolve) => {
      points.parkedClaimed.subscribe(function overtake() {
        points.parkedClaimed.unsubscribe(overtake);
        // Not a line of the claimant runs before it is done.
        elsewhere(
          booted.databaseUrl,
          `update post.parked set attempts = attempts + 1, due_at = now() + interval '1 hour'
            where seq = (select min(seq) from post.parked)`,
        );
        resolve();
      });
    });
    await due();
    await claimed;
    await aWhile();
    expect(await letters('k')).toEqual([]);
    await due();
    await until(async () => (await letters('k')).length === 4);
    expect(await letters('k')).toEqual([1, 2, 3, 4]);
  });

  it('keeps the order of its key, for those that come later and those that were delayed', async () => {
    failing.add('k 1');
    await send(message(GoesOn, 'k', 1), message(GoesOn, 'k', 2));
    await booted.transaction(PostModule, async (tx) => {
      delay(tx, ToMyself, { key: 'k', n: 3 }, 0);
      delay(tx, ToMyself, { key: 'k', n: 4 }, 1);
      delay(tx, ToMyself, { key: 'other', n: 1 }, 0);
    });
    await until(async () => (await letters('other')).length === 1 && (await parked('k')) === 4);
    await send(message(GoesOn, 'k', 5));
    expect({ letters: await letters('k'), parked: await parked('k') }).toEqual({ letters: [], parked: 5 });
    failing.clear();
    await due();
    await until(async () => (await parked('k')) === 0);
    expect(await letters('k')).toEqual([1, 2, 3, 4, 5]);
  });

  it('comes when it was delayed, whatever its texts hold', async () => {
    await booted.transaction(PostModule, async (tx) => {
      delay(tx, ToMyself, { key: 'odd', n: 1, note: 'a NUL \0 and half a \ud83d' }, 10);
      delay(tx, ToMyself, { key: 'plain', n: 1 }, 20);
    });
    await until(async () => (await letters('plain')).length === 1);
    expect(await letters('odd')).toEqual([1]);
  });

  describe('behind a dead letter', () => {
    const kill = async (type: typeof GoesOn | typeof Waits, key: string) => {
      failing.add(`${key} 1`);
      await send(message(type, key, 1), message(type, key, 2));
      await until(async () => (await parked(key)) === 2);
      await lastTry();
      await until(async () => (await dead()).length === 1);
      failing.clear();
    };

    it('goes on where the subscription says so', async () => {
      await kill(GoesOn, 'on');
      await until(async () => (await letters('on')).length === 1);
      await send(message(GoesOn, 'on', 3));
      expect(await letters('on')).toEqual([2, 3]);
    });

    it('waits for as long as it is there, and then goes in its order', async () => {
      await kill(Waits, 'held');
      await send(message(Waits, 'held', 3), message(GoesOn, 'held', 4), message(Waits, 'free', 1));
      await due();
      await aWhile();
      expect({ held: await letters('held'), free: await letters('free') }).toEqual({ held: [], free: [1] });
      await sql.query('delete from post.dead_letter');
      await until(async () => (await parked('held')) === 0);
      expect(await letters('held')).toEqual([2, 3, 4]);
    });

    it('waits behind one that could never be accepted, in the same batch too', async () => {
      const broken = { ...message(Waits, 'broken', 1), data: { key: 'broken' } };
      await send(broken, message(Waits, 'broken', 2), message(GoesOn, 'beside', 1));
      await aWhile();
      expect({ broken: await letters('broken'), beside: await letters('beside') }).toEqual({ broken: [], beside: [1] });
      expect(await dead()).toMatchObject([{ key: 'broken', holds_key: true }]);
      await sql.query('delete from post.dead_letter');
      await until(async () => (await letters('broken')).length === 1);
    });
  });

  describe('for a person who has told it to', () => {
    const pause = (type: string | null, key: string | null) =>
      sql.query('insert into post.pause (type, key) values ($1, $2)', [type, key]);

    it.each([
      ['its type', Waits.name, null],
      ['its key', null, 'still'],
      ['its type and key', Waits.name, 'still'],
    ])('does so for %s, with those behind it, while others flow', async (_, type, key) => {
      await pause(type, key);
      await send(message(Waits, 'still', 1), message(GoesOn, 'still', 2), message(GoesOn, 'other', 1));
      await due();
      await aWhile();
      expect({ still: await letters('still'), other: await letters('other') }).toEqual({ still: [], other: [1] });
      await sql.query('truncate post.pause');
      await until(async () => (await parked('still')) === 0);
      expect(await letters('still')).toEqual([1, 2]);
    });

    it('stays parked when it was before', async () => {
      await failed('still');
      await pause(GoesOn.name, null);
      await due();
      await aWhile();
      expect(await parked('still')).toBe(1);
      await sql.query('truncate post.pause');
      await until(async () => (await letters('still')).length === 1);
    });

    it('does so for a whole module, which takes no batch and no parked message until it goes on', async () => {
      await failed('early');
      await pause(null, null);
      await due();
      const whole = message(GoesOn, 'whole', 1);
      expect(await send(whole)).toEqual({ kind: 'paused' });
      number--;
      await aWhile();
      expect({ early: await letters('early'), whole: await letters('whole') }).toEqual({ early: [], whole: [] });
      await sql.query('truncate post.pause');
      expect(await send(whole)).toEqual({ kind: 'taken' });
      await until(async () => (await letters('early')).length === 1);
      expect(await letters('whole')).toEqual([1]);
    });
  });

  it('is not counted as one that kills because it was refused for a while, after a process has died', async () => {
    await sql.query(
      `insert into post.lease (source, partition, holder, ended) values ('post', 8, gen_random_uuid(), false)`,
    );
    const suspected = { ...batch([message(GoesOn, 'suspected', 1)]), partition: 8, number: 1 };
    await sql.query('insert into post.pause default values');
    for (let n = 0; n < 5; n++) expect(await booted.transport.send(suspected)).toEqual({ kind: 'paused' });
    await sql.query('truncate post.pause');
    expect(await booted.transport.send(suspected)).toEqual({ kind: 'taken' });
    number--;
    expect({ letters: await letters('suspected'), dead: await dead() }).toEqual({ letters: [1], dead: [] });
    const counted = 'select 1 from post.attempt where event_id = $1';
    expect((await sql.query(counted, [suspected.messages[0]?.id])).rowCount).toBe(0);
  });

  it('is a dead letter while nobody knows its type, and is taken once a process does', async () => {
    const unknown = { ...message(GoesOn, 'later', 1), type: 'post.not-yet.v1' };
    await send(unknown, message(GoesOn, 'later', 2));
    expect(await letters('later')).toEqual([2]);
    expect(await dead()).toMatchObject([
      { type: 'post.not-yet.v1', reason: 'post has no handler for post.not-yet.v1.', unknown_type: true },
    ]);
    // As a newer version finds it, which handles that type.
    await sql.query(
      `update post.dead_letter set type = $1, envelope = (envelope::jsonb || jsonb_build_object('type', $1::text))::json`,
      [GoesOn.name],
    );
    await until(async () => (await letters('later')).length === 2);
    expect({ letters: await letters('later'), dead: await dead() }).toEqual({ letters: [2, 1], dead: [] });
  });

  it('is refused when its id is older than the memory of the inbox, and says so', async () => {
    const old = { ...message(GoesOn, 'old', 1), id: uuidv7({ msecs: Date.parse('2026-01-01') }) };
    await sql.query("update post.inbox_memory set since = '2026-01-02T00:00:00Z'");
    await send(old, message(GoesOn, 'old', 2));
    await sql.query("update post.inbox_memory set since = '-infinity'");
    expect(await letters('old')).toEqual([2]);
    expect((await dead())[0]?.reason).toBe(
      'Its id was made at 2026-01-01T00:00:00.000Z, and the inbox remembers nothing from before 2026-01-02T00:00:00.000Z: whether it has been taken before cannot be known. Retry it if it has not, else discard it.',
    );
  });

  describe('in vain, for it is not what it must be,', () => {
    const deep = () => {
      let data: unknown = 'bottom';
      for (let n = 0; n < 100_000; n++) data = [data];
      return data;
    };
    const good = () => message(GoesOn, 'good', 1);
    const HOSTILE: Record<string, [envelope: () => unknown, reason: string]> = {
      null: [() => null, 'it is null, and no object'],
      'a number': [() => 7, 'it is 7, and no object'],
      'a list': [() => [good()], 'and no object'],
      'an empty object': [() => ({}), 'its id missing is no UUIDv7'],
      'an id that is no UUID': [() => ({ ...good(), id: 'no uuid' }), 'its id "no uuid" is no UUIDv7'],
      'an id of another kind': [
        () => ({ ...good(), id: '0199a000-0000-4000-8000-000000000001' }),
        'is no UUIDv7 in lower case',
      ],
      'an id in upper case': [() => ({ ...good(), id: uuidv7().toUpperCase() }), 'is no UUIDv7 in lower case'],
      'an id that is a number': [() => ({ ...good(), id: 5 }), 'its id 5 is no UUIDv7'],
      'an id from the future': [
        () => ({ ...good(), id: uuidv7({ msecs: Date.now() + 90_000_000 }) }),
        'which is still to come',
      ],
      "another module's source": [() => ({ ...good(), source: '/elsewhere' }), 'its source is "/elsewhere"'],
      'no subject': [() => ({ ...good(), subject: null }), 'its subject is null'],
      'a subject that is an object': [() => ({ ...good(), subject: { a: 1 } }), 'its subject is {"a":1}'],
      'a subject with a NUL': [() => ({ ...good(), subject: 'a\0b' }), 'no text that a database can hold'],
      'a subject with half a character': [
        () => ({ ...good(), subject: 'a\ud83d' }),
        'no text that a database can hold',
      ],
      'a huge subject': [() => ({ ...good(), subject: randomText(100_000) }), 'its subject has 100000 bytes'],
      'a type that is no text': [() => ({ ...good(), type: { evil: true } }), 'its type is {"evil":true}'],
      'a huge type': [() => ({ ...good(), type: randomText(100_000) }), 'its type is'],
      'no data': [() => ({ ...good(), data: undefined }), 'The envelope of post.goes-on.v1 is broken'],
      'data that is a list': [() => ({ ...good(), data: [1, 2] }), 'The envelope of post.goes-on.v1 is broken'],
      'data of another shape': [
        () => ({ ...good(), data: { key: 3 } }),
        'The payload breaks the contract of post.goes-on.v1',
      ],
      'data too deep to be written': [
        () => ({ ...good(), data: { key: 'good', n: deep() } }),
        'Its contents could not be kept',
      ],
      'trace headers of other types': [
        () => ({ ...good(), traceparent: 5, correlationid: null }),
        'The envelope of post.goes-on.v1 is broken',
      ],
    };

    it.each(Object.entries(HOSTILE))(
      'as %s, is a dead letter, and all others are taken',
      async (_, [envelope, reason]) => {
        const hostile = envelope();
        expect(await send(message(GoesOn, 'good', 1), hostile, message(GoesOn, 'good', 2))).toEqual({ kind: 'taken' });
        expect(await letters('good')).toEqual([1, 2]);
        expect((await dead()).map((each) => each.reason)).toEqual([expect.stringContaining(reason)]);
        // Sent again after a crash of the sender: known.
        await send(hostile);
        expect(await dead()).toHaveLength(1);
      },
    );

    it('and huge, is taken all the same when it is otherwise in order', async () => {
      const note = 'x'.repeat(20 * 1024 * 1024);
      await send({ ...message(GoesOn, 'huge', 1), data: { key: 'huge', n: 1, note } });
      expect(await letters('huge')).toEqual([1]);
    });
  });

  it('is refused to its sender when its key could never be kept', async () => {
    const say = (key: string) => booted.transaction(PostModule, async (tx) => tx.publish(GoesOn, { key, n: 1 }));
    await expect(say('k'.repeat(1_025))).rejects.toThrow('its key has 1025 bytes, and at most 1024');
    await expect(say('a\0b')).rejects.toThrow('its key has a NUL');
    await say('k'.repeat(1_024));
    await until(async () => (await letters('k'.repeat(1_024))).length === 1);
  });
});

function randomText(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

function message({ name }: { name: string }, key: string, n: number): Envelope {
  return {
    specversion: '1.0',
    id: uuidv7(),
    source: '/post',
    type: name,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: { key, n },
  };
}

/** Runs a statement in a process of its own, while this one stands still. */
function elsewhere(databaseUrl: string, statement: string): void {
  const script = `
    import pg from 'pg';
    const client = new pg.Client({ connectionString: process.argv[1] });
    await client.connect();
    await client.query(process.argv[2]);
    await client.end();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script, databaseUrl, statement]);
}
