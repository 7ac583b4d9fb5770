import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { MonolithModule } from '#apps/monolith/monolith.module';
import { declarationsOf } from '#kernel/bounded-context';
import { partitionOf } from '#kernel/messaging/outbox';
import { migrate } from '#kernel/persistence/migrate';
import { createTestDatabase, type TestDatabase } from '#test/test-database';
import { messagesCommand } from './messages.js';
import { explain, UserError } from './user-error.js';

interface Told {
  out: string;
  /** What stands on stderr. */
  error: string;
  code: number;
  asked: string[];
}

interface Reader {
  columns?: number;
  /** What the reader answers; nobody is there to ask without it. */
  says?: string;
  env?: Record<string, string>;
}

/** The database of a system that does not run: its schemas and roles stand, and nobody is connected. */
describe('seamline messages', () => {
  let database: TestDatabase;
  let sql: pg.Client;
  let home: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    const modules = declarationsOf(MonolithModule);
    database = await createTestDatabase({ modules });
    for (const { schema } of modules) await migrate(database.ownerUrl, schema, []);
    sql = new pg.Client({ connectionString: database.databaseUrl });
    await sql.connect();
    home = mkdtempSync(join(tmpdir(), 'seamline-messages-'));
    await keepPasswords();
    env = { DATABASE_URL: database.databaseUrl, SEAMLINE_HOME: home };
  });
  afterAll(async () => {
    rmSync(home, { recursive: true, force: true });
    await sql.end();
    await database.drop();
  });
  beforeEach(async () => {
    await sql.query('truncate orders.dead_letter, orders.parked, orders.pause, billing.dead_letter, billing.parked');
    await sql.query(
      'truncate orders.message_audit, catalog.subscriber, catalog.relay_position, catalog.replay, catalog.outbox',
    );
    await sql.query(`insert into catalog.subscriber values ('orders', '{catalog.product-added.v1}', '{}')`);
  });

  /** As the first start of the system leaves them. */
  async function keepPasswords(): Promise<void> {
    const { rows } = await sql.query('select system_identifier::text as cluster from pg_control_system()');
    const urls = Object.values(database.moduleUrls).map((url) => new URL(url));
    const passwords = Object.fromEntries(urls.map(({ username, password }) => [username, password]));
    const kept = { [`${rows[0].cluster}/${database.name}`]: passwords };
    writeFileSync(join(home, 'database-roles.json'), JSON.stringify(kept), { mode: 0o600 });
  }

  async function messages(args: string, { columns, says, env: more = {} }: Reader = {}): Promise<Told> {
    const told: Told = { out: '', error: '', code: 0, asked: [] };
    const ask = (question: string) => {
      told.asked.push(question);
      return Promise.resolve(says ?? '');
    };
    const terminal = {
      columns,
      print: (text: string) => {
        told.out += `${text}\n`;
      },
      ask: says === undefined ? undefined : ask,
      exit: (code: number) => {
        told.code = code;
      },
    };
    try {
      await messagesCommand({ env: { ...env, ...more }, terminal }).parseAsync(args.split(' '), { from: 'user' });
    } catch (error) {
      told.error = explain(error);
      told.code = error instanceof UserError ? error.exitCode : 1;
    }
    return told;
  }

  const rows = async (text: string, ...values: unknown[]) => (await sql.query(text, values)).rows;
  const envelope = (id: string, key: string) =>
    JSON.stringify({
      ...{ specversion: '1.0', id, source: '/catalog', type: 'catalog.product-added.v1', subject: key },
      ...{ time: new Date().toISOString(), datacontenttype: 'application/json', correlationid: 'c' },
      data: { sku: key, note: 'secret of the payload' },
    });
  const bury = async (key: string, { reason = 'no luck', holdsKey = false, schema = 'orders' } = {}) => {
    const id = uuidv7();
    await sql.query(
      `insert into ${schema}.dead_letter
         (seq, source, key, event_id, type, envelope, attempts, reason, holds_key, unknown_type)
       values (nextval('${schema}.parked_seq_seq'), 'catalog', $1, $2, 'catalog.product-added.v1', $3, 12, $4, $5, false)`,
      [key, id, envelope(id, key), reason, holdsKey],
    );
    return id;
  };
  const park = async (key: string) => {
    const id = uuidv7();
    await sql.query(
      `insert into orders.parked (source, key, event_id, type, envelope, attempts, due_at, reason)
       values ('catalog', $1, $2, 'catalog.product-added.v1', $3, 3, now() + interval '5 minutes', 'not yet')`,
      [key, id, envelope(id, key)],
    );
    return id;
  };
  const publish = async (key: string, age = 0) => {
    const id = uuidv7({ msecs: Date.now() - age });
    await sql.query(
      `insert into catalog.outbox (partition, event_id, type, key, envelope)
       values ($3, $1, 'catalog.product-added.v1', $2, $4)`,
      [id, key, partitionOf(key), envelope(id, key)],
    );
    return id;
  };

  describe('lag', () => {
    it('shows how far everybody is behind, although nothing runs', async () => {
      await sql.query(`insert into catalog.relay_position (subscriber, partition, move, s1, floor, last_id)
                       select 'orders', n, 1, '3:3:', 0, 0 from generate_series(0, 3) n`);
      await publish('a', 3 * 3_600_000);
      await bury('a');
      const { out, code } = await messages('lag');
      expect(code).toBe(0);
      expect(out).toMatch(/^SOURCE +SUBSCRIBER +WAITING +OLDEST +REPLAYS$/m);
      expect(out).toMatch(/^catalog +orders +1 +3 h ago \(2\S+ \S+\) +0$/m);
      expect(out).toMatch(/^orders +0 +1 +0$/m);
      expect((await messages('lag --partitions')).out).toMatch(
        new RegExp(`^catalog +orders +${partitionOf('a')} +1 +3 h ago`, 'm'),
      );
      const lag = JSON.parse((await messages('lag --json')).out);
      expect(lag.subscriptions).toMatchObject([{ source: 'catalog', subscriber: 'orders', waiting: 1, runs: true }]);
    });

    it('says in a sentence that nothing has run here yet', async () => {
      await sql.query('truncate catalog.subscriber');
      expect((await messages('lag')).out).toBe('Nobody has subscribed to anything yet: the system has not run here.\n');
    });

    it('names a subscriber that is gone, and the command that forgets it', async () => {
      await sql.query(`insert into catalog.subscriber values ('loyalty', '{catalog.product-added.v1}')`);
      const { out } = await messages('lag');
      expect(out).toContain('"loyalty" subscribed to catalog once, and no module takes its messages now');
      expect(out).toContain('seamline messages forget --subscriber loyalty');
      await sql.query(`update catalog.subscriber set types = '{}' where name = 'loyalty'`);
      expect((await messages('lag')).out).not.toContain('loyalty');
    });
  });

  describe('dead and parked', () => {
    it('are tables that fit the terminal, without anything of the payload', async () => {
      const id = await bury('k'.repeat(60), { reason: `no luck ${'really '.repeat(40)}` });
      await park('waits');
      const dead = await messages('dead', { columns: 120 });
      expect(dead.out).toContain(id);
      expect(dead.out).toMatch(/kkk…/);
      expect(dead.out).toMatch(/no luck really .*…\n/);
      expect(Math.max(...dead.out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120);
      const parked = await messages('parked', { columns: 160 });
      expect(parked.out).toMatch(/waits +3 +\S+ \S+ \(\d+ s ago\) +its next try in 4 min/);
      expect(dead.out + parked.out).not.toContain('secret');
    });

    it('let nothing that others wrote move the cursor or colour the screen', async () => {
      await bury('key\u001b[2Jcleared', { reason: 'line\r\n\u001b]0;title\u0007\u202eend' });
      const { out } = await messages('dead');
      expect(out.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      expect(out).toContain('cleared');
    });

    it('are not flooded by what others wrote, in a file or a pipe either; JSON and show have it whole', async () => {
      const long = { key: 'k'.repeat(1_000), reason: `it began so ${'and so '.repeat(280)}` };
      const id = await bury(long.key, { reason: long.reason });
      const { out } = await messages('dead');
      expect(Math.max(...out.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(280);
      expect(out).toMatch(/ k{79}… /);
      expect(out).toMatch(/it began so and so .*…\n/);
      expect(JSON.parse((await messages('dead --json')).out).items).toMatchObject([long]);
      const { out: story } = await messages(`show ${id}`);
      expect(story).toContain(long.reason.trim());
      expect(story).toContain(long.key);
    });

    it('select, and are JSON on request', async () => {
      const [first] = [await bury('a'), await bury('b')];
      const json = async (args: string) => JSON.parse((await messages(`${args} --json`)).out);
      expect((await json('dead')).items.map(({ key }: { key: string }) => key)).toEqual(['b', 'a']);
      expect(await json(`dead --id ${first?.toUpperCase()}`)).toMatchObject({ items: [{ key: 'a' }], more: false });
      expect(await json('dead --limit 1')).toMatchObject({ items: [{ key: 'b' }], more: true });
      expect((await json('dead --until 1h')).items).toEqual([]);
    });

    it('that are none are a sentence', async () => {
      expect(await messages('dead')).toMatchObject({ out: 'There is no dead letter.\n', code: 0 });
      expect(await messages('parked --key x')).toMatchObject({ out: 'No message is parked that matches.\n', code: 0 });
    });
  });

  describe('show', () => {
    it('prints the whole message, where it waits and what stands before it', async () => {
      const before = await bury('story', { holdsKey: true });
      const id = await park('story');
      const { out, code } = await messages(`show ${id}`);
      expect(code).toBe(0);
      expect(out).toMatch(/^Parked at orders after 3 tries, since 2/m);
      expect(out).toContain('It waits for a dead letter of its key.');
      expect(out).toContain(`Before it: dead letter ${before}`);
      expect(out).toContain('"note": "secret of the payload"');
      expect(JSON.parse((await messages(`show ${id} --json`)).out)).toMatchObject({ id, source: 'catalog' });
    });

    it('says that nobody has it', async () => {
      const { error, code } = await messages(`show ${uuidv7()}`);
      expect(error).toMatch(/^No module has a message 01/);
      expect(code).toBe(1);
    });
  });

  describe('retry', () => {
    it('of one needs no asking, and writes down who did it', async () => {
      const id = await bury('one');
      expect(await messages(`retry --id ${id}`)).toMatchObject({
        out: 'Retrying 1 dead letter.\n',
        code: 0,
        asked: [],
      });
      expect(await rows('select event_id, attempts from orders.parked')).toEqual([{ event_id: id, attempts: 0 }]);
      expect(await rows('select actor, action, affected from orders.message_audit')).toEqual([
        { actor: `${userInfo().username}@${hostname()}`, action: 'retry', affected: 1 },
      ]);
    });

    it('of several asks, and does nothing when the answer is no', async () => {
      await bury('a');
      await bury('b');
      await park('c');
      const no = await messages('retry', { says: 'n' });
      expect(no).toMatchObject({ out: 'Nothing was done.\n', code: 1 });
      expect(no.asked).toEqual(['Retry 2 dead letters and 1 parked message? [y/N] ']);
      expect(await rows('select 1 from orders.dead_letter')).toHaveLength(2);
      const yes = await messages('retry', { says: 'y' });
      expect(yes).toMatchObject({ out: 'Retrying 2 dead letters and 1 parked message.\n', code: 0 });
    });

    it('of several is refused where nobody can be asked, unless --yes says so', async () => {
      await bury('a');
      await bury('b', { schema: 'billing' });
      const refused = await messages('retry');
      expect(refused.code).toBe(1);
      expect(refused.error).toBe(
        '"Retry 2 dead letters?" cannot be asked: this is no terminal. Say --yes if that is meant.',
      );
      expect(await messages('retry --yes')).toMatchObject({ out: 'Retrying 2 dead letters.\n', code: 0 });
    });

    it('takes no more than it has asked about', async () => {
      await bury('a');
      await bury('b');
      const ask = async () => {
        await bury('late');
        return 'yes';
      };
      const terminal = { columns: undefined, print: () => undefined, exit: () => undefined, ask };
      await messagesCommand({ env, terminal }).parseAsync(['retry'], { from: 'user' });
      expect(await rows('select key from orders.dead_letter')).toEqual([{ key: 'late' }]);
    });

    it('exits with 2 when what matches is being tried', async () => {
      await park('busy');
      await sql.query('begin');
      await sql.query(`delete from orders.parked where key = 'busy'`);
      const { out, code } = await messages('retry --key busy');
      await sql.query('rollback');
      expect([out, code]).toEqual([expect.stringContaining('It is being tried just now'), 2]);
    });

    it('exits with 2 when nothing matches', async () => {
      expect(await messages('retry --key nothing')).toMatchObject({ code: 2 });
    });
  });

  describe('discard', () => {
    it('asks, deletes, and keeps what it deleted', async () => {
      await bury('a');
      await bury('b');
      const { out, asked } = await messages('discard --subscriber orders', { says: 'yes' });
      expect(asked).toEqual(['Discard 2 dead letters? [y/N] ']);
      expect(out).toContain('Discarded 2 dead letters');
      expect(await rows('select 1 from orders.dead_letter')).toEqual([]);
      const [{ discarded }] = await rows('select discarded from orders.message_audit');
      expect(discarded).toMatchObject([{ envelope: { subject: 'a' } }, { envelope: { subject: 'b' } }]);
    });

    it('takes parked messages only when told so', async () => {
      await park('p');
      expect(await messages('discard --key p')).toMatchObject({ out: 'No dead letter matches.\n', code: 2 });
      expect((await messages('discard --key p --parked')).out).toContain('Discarded 1 parked message');
    });

    it('leaves a parked message to the handler that is at work on it', async () => {
      await park('busy');
      await park('idle');
      await sql.query('begin');
      await sql.query(`delete from orders.parked where key = 'busy'`);
      const { out } = await messages('discard --parked --yes');
      await sql.query('rollback');
      expect(out).toContain('Discarded 1 parked message;');
      expect(out).toContain('1 parked message could not be discarded');
      expect(await rows('select key from orders.parked')).toEqual([{ key: 'busy' }]);
    });

    it('exits with 2 where it could not, and says the way out', async () => {
      const id = await park('busy');
      await sql.query('begin');
      await sql.query(`delete from orders.parked where key = 'busy'`);
      const { out, code } = await messages(`discard --parked --id ${id}`);
      await sql.query('rollback');
      expect(out).toBe(
        '1 parked message could not be discarded, since a handler is at work there. Have it tried no more: ' +
          'seamline messages pause --subscriber orders --key busy. Discard it when this try has ended, then resume the key.\n',
      );
      expect(code).toBe(2);
    });
  });

  describe('replay and redeliver', () => {
    it('refuse a replay of what is not declared replayable, and say how to declare it', async () => {
      const { error, code } = await messages('replay --subscriber orders');
      expect(error).toContain('orders does not declare catalog.product-added.v1 replayable');
      expect(error).toContain('{ replayable: true }');
      expect(code).toBe(1);
    });

    it('ask the source to send its history once more', async () => {
      await sql.query(`update catalog.subscriber set replayable = types where name = 'orders'`);
      await publish('a');
      await publish('b');
      expect((await messages('replay --subscriber orders')).out).toMatch(
        /^catalog sends 2 messages to orders once more, as generation \d{13}\.$/m,
      );
      expect((await messages('replay --subscriber orders --key a')).out).toContain('catalog sends 1 message to orders');
      expect(await messages('replay --subscriber orders --until 1d')).toMatchObject({
        out: 'No such message is retained.\n',
        code: 2,
      });
      await sql.query('truncate catalog.replay');
      expect((await messages('redeliver --subscriber orders --source catalog --since 1h')).out).toContain(
        'catalog sends 2 messages to orders again; it drops those that it has.',
      );
      expect(await rows('select distinct generation from catalog.replay')).toEqual([{ generation: '0' }]);
    });

    it('say that there is nothing to send from that source', async () => {
      const { error } = await messages('redeliver --subscriber orders --source shipping');
      expect(error).toContain('"orders" has not subscribed to anything from shipping');
    });
  });

  describe('pause and resume', () => {
    it('say what they did, and how to undo it', async () => {
      const paused = await messages('pause --subscriber orders --type catalog.product-added.v1 --key a');
      expect(paused.out).toContain(
        'seamline messages resume --subscriber orders --type catalog.product-added.v1 --key a',
      );
      expect((await messages('lag')).out).toContain('catalog.product-added.v1 of key a');
      expect((await messages('pause --subscriber orders')).out).toContain('orders takes no messages');
      expect((await messages('pause --subscriber orders')).out).toContain('was told before');
      expect((await messages('resume --subscriber orders --key a')).out).toBe(
        'Lifted 1 pause of orders. Still paused, it takes no messages.\n',
      );
      expect((await messages('resume --subscriber orders')).out).toBe('Lifted 1 pause of orders.\n');
      expect(await messages('resume --subscriber orders')).toMatchObject({
        out: 'No such pause of orders.\n',
        code: 2,
      });
    });
  });

  describe('forget', () => {
    it('is refused for a module that takes messages', async () => {
      const { error, code } = await messages('forget --subscriber orders');
      expect(error).toContain('"orders" is a module of this system that takes messages');
      expect(code).toBe(1);
    });

    it('asks when messages would be lost, and says how many were', async () => {
      await sql.query(`insert into catalog.subscriber values ('loyalty', '{catalog.product-added.v1}')`);
      await sql.query(`insert into catalog.relay_position (subscriber, partition, move, s1, floor, last_id)
                       select 'loyalty', n, 1, '3:3:', 0, 0 from generate_series(0, 3) n`);
      await publish('for-loyalty');
      const no = await messages('forget --subscriber loyalty', { says: '' });
      expect(no).toMatchObject({ code: 1, asked: ['Forget loyalty, for whom 1 message still waits? [y/N] '] });
      expect((await messages('forget --subscriber loyalty --yes')).out).toBe(
        'catalog keeps nothing for loyalty any more; 1 message passed it by.\n',
      );
      expect(await rows(`select name from catalog.subscriber where name = 'loyalty'`)).toEqual([]);
    });
  });

  describe('mistakes are told with their mend', () => {
    it.each([
      ['dead --subscriber ordres', 'There is no module "ordres". Did you mean "orders"?'],
      ['dead --subscriber orders --type catalog.product-aded.v1', 'Did you mean "catalog.product-added.v1"?'],
      ['dead --since yesterday', '--since is "yesterday", but must be a time such as 2026-03-01T09:30:00Z'],
      ['redeliver --subscriber orders --source catalogue', 'Did you mean "catalog"?'],
      ['pause --subscriber identity', '"identity" takes no messages, so there is nothing to pause. These do: billing'],
      ['dead --key ', '--key is empty, but must have 1 to 1024 bytes'],
      [`pause --subscriber orders --key ${'ü'.repeat(513)}`, '--key has 1026 bytes, but must have 1 to 1024 bytes'],
    ])('%s', async (args, sentence) => {
      const { error, code } = await messages(args);
      expect(error).toContain(sentence);
      expect(code).toBe(1);
    });

    it('times in the wrong order, with 2 as for all that cannot match', async () => {
      const { error, code } = await messages('dead --since 1h --until 2h');
      expect([error, code]).toEqual(['--since 1h is later than --until 2h: no time lies between. Swap them.', 2]);
    });

    it('when the embedded server does not run', async () => {
      const { error } = await messages('lag', { env: { DATABASE_URL: '', SEAMLINE_HOME: join(home, 'none') } });
      expect(error).toMatch(/^The embedded PostgreSQL of .*none does not run\. Start the system \(npm start\)/);
    });

    it('when the database cannot be reached, without its password', async () => {
      const { error } = await messages('lag', { env: { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/shop' } });
      expect(error).toContain('PostgreSQL at 127.0.0.1:1 cannot be reached');
      expect(error).not.toContain('hunter2');
    });

    it('when the home has no passwords for this database', async () => {
      const { error } = await messages('lag', { env: { SEAMLINE_HOME: join(home, 'none') } });
      expect(error).toContain('does not hold the password of role');
      expect(error).toContain('IDENTITY_DATABASE_URL');
    });

    describe('when a privilege was revoked', () => {
      const sentence =
        'The role of module orders lacks a privilege: permission denied for table dead_letter. ' +
        'Grant it again as the owner of the schema; docs/messages.md has the statements.';
      let role: string;

      beforeEach(async () => {
        role = new URL(database.moduleUrls.orders as string).username;
        await sql.query(`revoke select on orders.dead_letter from "${role}"`);
      });
      afterEach(() => sql.query(`grant select on orders.dead_letter to "${role}"`));

      it('beside what can be read of the others', async () => {
        await bury('elsewhere', { schema: 'billing' });
        const lag = await messages('lag');
        expect(lag.out).toMatch(/^catalog +orders +0/m);
        expect(lag.out).toMatch(/^billing +0 +1 +0$/m);
        expect(lag.out).not.toMatch(/^orders /m);
        expect(lag).toMatchObject({ out: expect.stringMatching(new RegExp(`\n\n${sentence}\n$`)), code: 1 });
        const dead = await messages('dead');
        expect(dead.out).toMatch(/^billing .* elsewhere /m);
        expect(dead).toMatchObject({ out: expect.stringContaining(sentence), code: 1 });
        for (const command of ['lag', 'dead']) {
          const { out, code } = await messages(`${command} --json`);
          expect(JSON.parse(out).unreadable).toEqual([{ module: 'orders', problem: sentence }]);
          expect(code).toBe(1);
        }
        expect(await messages('dead --subscriber billing')).toMatchObject({ code: 0 });
      });

      it('and an action needs all that it is about', async () => {
        expect(await messages('retry')).toMatchObject({ error: sentence, code: 1 });
        await bury('elsewhere', { schema: 'billing' });
        expect(await messages('retry --subscriber billing')).toMatchObject({ out: 'Retrying 1 dead letter.\n' });
        expect(await messages('dead --subscriber orders')).toMatchObject({ out: '', error: sentence, code: 1 });
      });
    });

    it('when the module is being moved', async () => {
      const id = await bury('fenced');
      await sql.query(`update orders.placement set state = 'fenced'`);
      const { error } = await messages(`retry --id ${id}`);
      await sql.query(`update orders.placement set state = 'here'`);
      expect(error).toContain('Module "orders" takes no writes here');
      expect(await rows('select 1 from orders.dead_letter')).toHaveLength(1);
    });
  });

  it('uses the address that a module was given', async () => {
    const given = { ORDERS_DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/shop' };
    expect(await messages('lag', { env: given })).toMatchObject({
      out: expect.stringContaining('correct the host and the port in ORDERS_DATABASE_URL'),
      code: 1,
    });
  });

  it('runs as a command of seamline, and is explained', async () => {
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, ['bin/seamline.js', 'messages', ...args], {
        env: { PATH: process.env.PATH ?? '', ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let printed = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
      const [code] = await once(child, 'close');
      return { code, printed };
    };
    await bury('a');
    await bury('b');
    expect(await run('retry')).toMatchObject({ code: 1, printed: expect.stringContaining('Say --yes') });
    expect(await run('retry', '--key', 'none')).toMatchObject({ code: 2 });
    expect(await run('dead', '--limit', '0')).toMatchObject({
      code: 1,
      printed: expect.stringContaining('Give a whole number from 1 to 10000.'),
    });
    expect((await run('nope')).printed).toContain('Run "npx seamline messages --help" for what there is.');
    expect((await run('retry', '--help')).printed).toContain('$ npx seamline messages retry --id');
  });
});
