import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Migration } from '@mikro-orm/migrations';
import { Injectable, Module } from '@nestjs/common';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type BootedModules, bootModules } from '#test/booted-modules';
import { untilWithin } from '#test/until';
import { BoundedContext } from '../bounded-context.js';
import type { Envelope } from '../contract/envelope.js';
import { defineEvent } from '../contract/message.js';
import { DatabaseAway } from '../persistence/failures.js';
import { ModuleFenced } from '../persistence/fence.js';
import type { Transaction } from '../persistence/unit-of-work.js';
import { type Message, Subscribe } from './subscriptions.js';

const Said = defineEvent('speaker.said.v1', 'key', z.strictObject({ key: z.string(), n: z.int(), fault: z.string() }));

class Heard extends Migration {
  override up(): void {
    this.addSql('create table heard (at bigint generated always as identity, key text, n int)');
  }
}

const FAULTS: Record<string, () => unknown> = {
  nul: () => new Error('a message with \0 in it'),
  nothing: () => undefined,
  text: () => 'just a string',
  refused: () => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' }),
};
/** Faults that are over. */
const mended = new Set<string>();

@Injectable()
class Listener {
  @Subscribe(Said)
  async said({ payload: { key, n, fault } }: Message<typeof Said>, tx: Transaction): Promise<void> {
    await tx.query('insert into heard (key, n) values ($1, $2)', [key, n]);
    if (fault in FAULTS && !mended.has(key)) throw FAULTS[fault]?.();
  }
}

const context = (name: string, dependsOn: string[], subscribers: (new () => Listener)[]) =>
  BoundedContext.register({
    declaration: { name, schema: name, dependsOn },
    entities: [],
    migrations: [{ name: `${name}-0001`, class: Heard }],
    subscribers,
  });

@Module({ imports: [context('speaker', [], [])] })
class SpeakerModule {}

@Module({ imports: [context('listener', ['speaker'], [Listener])], providers: [Listener] })
class ListenerModule {}

describe('when things go wrong', () => {
  let booted: BootedModules;
  let sql: pg.Client;

  beforeAll(async () => {
    booted = await bootModules([SpeakerModule, ListenerModule]);
    sql = new pg.Client({ connectionString: booted.databaseUrl });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await booted.close();
  });

  const say = (key: string, fault = '', ...numbers: number[]) =>
    booted.transaction(SpeakerModule, async (tx) => {
      for (const n of numbers.length ? numbers : [1]) tx.publish(Said, { key, n, fault });
    });
  const heard = async (key: string) =>
    (await sql.query<{ n: number }>('select n from listener.heard where key = $1 order by at', [key])).rows.map(
      (r) => r.n,
    );
  const until = untilWithin(30_000);
  const parked = async (key: string) =>
    (await sql.query('select seq, attempts, reason from listener.parked where key = $1 order by seq', [key])).rows;

  it.each(Object.keys(FAULTS))('parks a message whose handler throws %s, and no other waits for it', async (fault) => {
    await say(fault, fault, 1, 2);
    await say(`beside-${fault}`);
    await until(async () => (await heard(`beside-${fault}`)).length === 1);
    await until(async () => (await parked(fault)).length === 2);
    expect((await parked(fault))[0].reason).toEqual(expect.any(String));
    expect(await heard(fault)).toEqual([]);

    mended.add(fault);
    await sql.query('update listener.parked set due_at = now() where key = $1', [fault]);
    await until(async () => (await heard(fault)).length === 2);
    expect(await heard(fault)).toEqual([1, 2]);
  });

  it('makes a message that has failed too often a dead letter with its reason, and lets its key go on', async () => {
    await say('hopeless', 'refused', 1);
    await say('hopeless', '', 2);
    await until(async () => (await parked('hopeless')).length >= 1);
    await sql.query("update listener.parked set attempts = 11, due_at = now() where key = 'hopeless' and attempts > 0");
    await until(async () => (await heard('hopeless')).length === 1);

    expect(await heard('hopeless')).toEqual([2]);
    const dead = await sql.query("select attempts, reason from listener.dead_letter where key = 'hopeless'");
    expect(dead.rows).toEqual([{ attempts: 12, reason: 'connect ECONNREFUSED 10.0.0.1:443' }]);
  });

  it('survives more lost connections than its pool is wide', async () => {
    for (let n = 0; n < 14; n++) {
      const lost = booted.transaction(ListenerModule, async (tx) => {
        const [row] = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
        await sql.query('select pg_terminate_backend($1)', [row?.pid]);
        await tx.query('select 1');
      });
      await expect(lost).rejects.toThrow(DatabaseAway);
    }
    await say('after-losses');
    await until(async () => (await heard('after-losses')).length === 1);
  });

  it('goes on after every connection of a module is cut, relays included, and doubles nothing', async () => {
    await say('cut', '', 1);
    await sql.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await until(() =>
      say('cut', '', 2).then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await heard('cut')).length >= 2);
    expect(await heard('cut')).toEqual([1, 2]);
  });

  it('lets nobody write once the module is fenced, not even who was waiting at the fence', async () => {
    await sql.query('begin');
    await sql.query('lock table speaker.placement in access exclusive mode');
    const waiting = say('fenced').catch((error) => error);
    const atTheFence = `select 1 from pg_locks join pg_stat_activity using (pid)
      where relation = 'speaker.placement'::regclass and not granted and datname = current_database()`;
    await until(async () => (await sql.query(atTheFence)).rows.length > 0);
    await sql.query("update speaker.placement set state = 'fenced', epoch = epoch + 1");
    await sql.query('commit');

    expect(await waiting).toBeInstanceOf(ModuleFenced);
    await sql.query("update speaker.placement set state = 'here', epoch = epoch + 1");
    await say('unfenced');
    await until(async () => (await heard('unfenced')).length === 1);
    expect(await heard('fenced')).toEqual([]);
  });

  it('takes batches in turn only: older again, a gap not yet, an old relay never', async () => {
    const batch = (epoch: number, number: number, key: string) =>
      booted.transport.send({
        source: 'speaker',
        subscriber: 'listener',
        partition: 7,
        epoch,
        number,
        generation: 0,
        messages: [envelope(key)],
      });
    expect(await batch(5, 1, 'first')).toEqual({ kind: 'taken' });
    expect(await batch(5, 1, 'not-first')).toEqual({ kind: 'taken' });
    expect(await batch(5, 3, 'third')).toEqual({ kind: 'expected', number: 2 });
    expect(await batch(4, 2, 'stale')).toEqual({ kind: 'stale' });
    expect(await batch(6, 1, 'new-relay')).toEqual({ kind: 'taken' });
    for (const key of ['first', 'new-relay']) expect(await heard(key)).toEqual([1]);
    for (const key of ['not-first', 'third', 'stale']) expect(await heard(key)).toEqual([]);
  });

  it('carries more than fit on a page, late ones between, each once and in the order of its key', async () => {
    let commit = () => {};
    const held = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const late = booted.transaction(SpeakerModule, async (tx) => {
      await tx.query('select pg_current_xact_id()');
      await held;
      tx.publish(Said, { key: 'late', n: 1, fault: '' });
    });
    const numbers = Array.from({ length: 700 }, (_, n) => n);
    await say('many', '', ...numbers.slice(0, 350));
    await say('many', '', ...numbers.slice(350));
    commit();
    await late;
    await until(async () => (await heard('many')).length >= 700 && (await heard('late')).length > 0);
    expect(await heard('many')).toEqual(numbers);
    expect(await heard('late')).toEqual([1]);
  });

  it('takes a row with a hostile envelope for what it is, and stops for none', async () => {
    const sound = () => envelope('hostile');
    const envelopes = [
      'null',
      '[]',
      '"text"',
      '{"id":"no-uuid","type":"evil","source":7,"time":5}',
      JSON.stringify({ ...sound(), source: '/listener' }),
      JSON.stringify({ ...sound(), subject: { not: 'a text' } }),
      // Nothing is wrong with these, though nobody here writes them so.
      JSON.stringify(sound(), null, 2),
      JSON.stringify({ ...sound(), ofanother: ['system'] }),
    ];
    for (const each of envelopes)
      await sql.query(
        "insert into speaker.outbox (partition, event_id, type, key, envelope) values (1, $1, $2, 'hostile', $3)",
        [uuidv7(), Said.name, each],
      );
    await say('after-hostile');
    await until(async () => (await heard('after-hostile')).length === 1);
    await until(async () => (await heard('hostile')).length === 2);
    const dead = await sql.query(
      "select reason from listener.dead_letter where reason like 'The envelope is broken%' order by id",
    );
    const flaws = [
      'it is null',
      'it is []',
      'it is "text"',
      'its id "no-uuid"',
      'its source is "/listener"',
      'its subject',
    ];
    expect(dead.rows).toEqual(flaws.map((flaw) => ({ reason: expect.stringContaining(`broken: ${flaw}`) })));
  });

  it('sends again what is retained after the data came from another cluster, and nothing happens twice', async () => {
    await say('before-move');
    await until(async () => (await heard('before-move')).length === 1);
    const before = (await sql.query('select count(*)::int as n from listener.heard')).rows[0].n;
    // As pg_restore leaves it: ids of transactions that this cluster has not reached, and a row nobody was sent.
    await sql.query("update speaker.outbox set xid = '1000000000'");
    await sql.query('update speaker.relay set cluster = 1');
    await booted.restart();
    await say('after-move');
    await until(async () => (await heard('after-move')).length === 1);
    expect((await sql.query('select count(*)::int as n from listener.heard')).rows[0].n).toBe(before + 1);
  });
});

let made = 0;
function envelope(key: string): Envelope {
  return {
    specversion: '1.0',
    id: `0199a000-0000-7000-8000-${String(++made).padStart(12, '0')}`,
    source: '/speaker',
    type: Said.name,
    subject: key,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    correlationid: 'c',
    data: { key, n: 1, fault: '' },
  };
}
