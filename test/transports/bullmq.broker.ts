import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Queue } from 'bullmq';
import { writeLetter } from '#kernel/transports/broker-letters';
import { BrokerNotUsable } from '#kernel/transports/broker-not-usable';
import { BullMqTransport } from '#kernel/transports/bullmq/bullmq';
import { redisFrom } from '#kernel/transports/bullmq/server';
import type { Batch, OnBatch } from '#kernel/transports/transport';
import { waitUntil } from '#test/until';
import { batch, message } from './a-batch.js';
import { asked, bullmq, put, take } from './bullmq.js';
import { certificate } from './certificates.js';
import { conformance } from './conformance.js';
import { TcpProxy } from './proxy.js';
import { HOST, RedisServerProcess } from './redis-server.js';

await conformance(bullmq);

const missing = await RedisServerProcess.missing();
const QUEUE = 'bull:seamline.books.0';

(missing === undefined ? describe : describe.skip)('the bullmq transport', () => {
  const transports: BullMqTransport[] = [];
  const ends: (() => Promise<void>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'seamline-bullmq-spec-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    for (const end of ends.splice(0).reverse()) await end();
    jest.restoreAllMocks();
  });

  async function serverWith(...more: string[]): Promise<RedisServerProcess> {
    const server = await RedisServerProcess.start(...more);
    ends.push(() => server.stop());
    return server;
  }

  async function connected(env: Record<string, string>, onBatch?: OnBatch): Promise<BullMqTransport> {
    const transport = new BullMqTransport(redisFrom(env), 'app');
    transports.push(transport);
    if (onBatch) transport.consume('books', onBatch);
    await transport.connect();
    return transport;
  }

  const urlOf = ({ port }: { port: number }, login = '') => `redis://${login}${HOST}:${port}`;
  const taken: OnBatch = async () => ({ kind: 'taken' });
  const warnings = () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    return () => warn.mock.calls.map(([said]) => `${said}`);
  };
  const refusal = async (env: Record<string, string>) => {
    const error: unknown = await connected(env).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BrokerNotUsable);
    return error as BrokerNotUsable;
  };
  const waiting = (server: RedisServerProcess) => asked(server, (redis) => redis.llen(`${QUEUE}:wait`));
  const sends = (sender: BullMqTransport) =>
    sender.send(batch()).then(
      () => true,
      () => false,
    );

  describe('keeps Redis small:', () => {
    it('nothing of a letter stays when it has been answered, whatever the answer', async () => {
      const server = await serverWith();
      const env = { REDIS_URL: server.url };
      await connected(env, async ({ number }) => {
        if (number % 2 === 0) throw new Error('not now');
        return { kind: 'taken' };
      });
      const sender = await connected(env);
      for (let number = 1; number <= 100; number++) await sender.send(batch({ number })).catch(() => undefined);
      await waitUntil(async () => (await keysOf(server)).every((key) => !/[.-][0-9a-f-]{30,}/.test(key)), 30_000);
      const kept = (await keysOf(server)).filter((key) => key.startsWith(QUEUE));
      expect(kept.filter((key) => !/:(?:meta|id|events|marker|stalled|stalled-check)$/.test(key))).toEqual([]);
      expect(await asked(server, (redis) => redis.xlen(`${QUEUE}:events`))).toBeLessThan(300);
    });

    it('of one source there is one letter in a queue while its receiver is away, even if the sender starts anew', async () => {
      const server = await serverWith();
      const env = { REDIS_URL: server.url };
      for (const _ of [1, 2]) {
        const sender = await connected(env);
        for (let n = 0; n < 5; n++) {
          void sender.send(batch()).catch(() => undefined);
          await waitUntil(async () => (await waiting(server)) > 0, 30_000);
        }
        void sender.send(batch({ source: 'shop-of-others' })).catch(() => undefined);
        await waitUntil(async () => (await waiting(server)) === 2, 30_000);
        await sender.close();
      }
    });
  });

  it('gives a letter to another instance within seconds when the one that had it is gone', async () => {
    const server = await serverWith();
    const proxy = await TcpProxy.start({ host: HOST, port: server.port });
    const begun = jest.fn();
    const over = Promise.withResolvers<void>();
    await connected({ REDIS_URL: urlOf(proxy) }, async () => {
      begun();
      await over.promise;
      return { kind: 'stale' };
    });
    const sender = await connected({ REDIS_URL: server.url });
    const answer = sender.send(batch());
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    await connected({ REDIS_URL: server.url }, taken);
    await proxy.stop();
    expect(await answer).toEqual({ kind: 'taken' });
    over.resolve();
  });

  it('hears from the receiver that it could not take a batch, and why', async () => {
    const env = { REDIS_URL: (await serverWith()).url };
    await connected(env, () => Promise.reject(new Error('the database\nis away')));
    await expect((await connected(env)).send(batch())).rejects.toThrow('the database is away');
  });

  it('handles a batch once that is sent again while it is handled, and answers both', async () => {
    const env = { REDIS_URL: (await serverWith()).url };
    const onBatch = jest.fn<OnBatch>(async () => {
      await sleep(300);
      return { kind: 'taken' };
    });
    await connected(env, onBatch);
    const sender = await connected(env);
    const first = sender.send(batch());
    await waitUntil(async () => onBatch.mock.calls.length > 0, 30_000);
    expect(await Promise.all([first, sender.send(batch())])).toEqual([{ kind: 'taken' }, { kind: 'taken' }]);
    expect(onBatch).toHaveBeenCalledTimes(1);
  });

  it('lets a slow source hold up no other', async () => {
    const env = { REDIS_URL: (await serverWith()).url };
    const over = Promise.withResolvers<void>();
    await connected(env, async ({ source }) => {
      if (source === 'slow') await over.promise;
      return { kind: 'taken' };
    });
    const sender = await connected(env);
    const slow = sender.send(batch({ source: 'slow' }));
    expect(await sender.send(batch())).toEqual({ kind: 'taken' });
    over.resolve();
    expect(await slow).toEqual({ kind: 'taken' });
  });

  it('answers what it has begun before it closes, and takes nothing new', async () => {
    const server = await serverWith();
    const env = { REDIS_URL: server.url };
    const begun = jest.fn();
    const closing = await connected(env, async () => {
      begun();
      // Longer than the server is waited for.
      await sleep(3_500);
      return { kind: 'taken' };
    });
    const sender = await connected(env);
    const answer = sender.send(batch());
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    const closed = closing.close();
    expect(await answer).toEqual({ kind: 'taken' });
    await closed;
    void sender.send(batch({ number: 2 })).catch(() => undefined);
    await waitUntil(async () => (await waiting(server)) === 1, 30_000, 'it waits');
    await sleep(300);
    expect(begun).toHaveBeenCalledTimes(1);
    expect(await waiting(server)).toBe(1);
  });

  it('closes at once without its server, and leaves no connection', async () => {
    const server = await serverWith();
    const open = sockets();
    const transport = await connected({ REDIS_URL: server.url }, taken);
    await server.kill();
    const began = performance.now();
    await transport.close();
    expect(performance.now() - began).toBeLessThan(2_500);
    await waitUntil(async () => sockets() <= open, 30_000, 'every connection is closed');
  });

  it.each([
    ['has just frozen', 0],
    ['has been given up, and is tried again', 6_500],
  ])('closes soon where its server %s, and what was under way is sent again', async (_, frozenFor) => {
    warnings();
    const server = await serverWith();
    const env = { REDIS_URL: server.url };
    const begun = jest.fn();
    const receiver = await connected(env, async () => {
      begun();
      await sleep(300);
      return { kind: 'taken' };
    });
    const sender = await connected(env);
    const lost = expect(sender.send(batch())).rejects.toThrow();
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    server.freeze();
    await sleep(frozenFor);
    const began = performance.now();
    await Promise.all([receiver.close(), sender.close()]);
    expect(performance.now() - began).toBeLessThan(2_500);
    await lost;
    server.thaw();
    await connected(env, taken);
    expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
  });

  it('carries a full page whose keys are as long as keys can be', async () => {
    const env = { REDIS_URL: (await serverWith()).url };
    const received: Batch[] = [];
    await connected(env, async (each) => {
      received.push(each);
      return { kind: 'taken' };
    });
    const page = batch({ messages: Array.from({ length: 500 }, (_, n) => message(`${n}`.padEnd(1_024, 'k'))) });
    expect(await (await connected(env)).send(page)).toEqual({ kind: 'taken' });
    expect(received).toEqual([page]);
  });

  describe('of what strangers put into a queue', () => {
    it.each<[string, Record<string, string>]>([
      ['what is no JSON', { name: 'x', data: 'hello\nworld' }],
      ['a letter of another shape', { name: 'x', data: '{"a":1}', opts: '{"removeOnComplete":false}' }],
      ['options that are none', { name: 'x', data: '"x"', opts: '{{{' }],
      ['what has failed before', { name: 'x', data: '"x"', defa: 'before' }],
      ['a progress that is none', { progress: 'half' }],
      ['options of another shape', { name: 'x', data: '"x"', opts: 'null' }],
    ])('removes %s, with one line in the log', async (_, fields) => {
      const server = await serverWith();
      await connected({ REDIS_URL: server.url }, taken);
      const said = warnings();
      const id = await asked(server, (redis) => put(redis, QUEUE, fields));
      await waitUntil(async () => !(await keysOf(server)).some((key) => key.includes(id)), 30_000, 'it is removed');
      expect(await (await connected({ REDIS_URL: server.url })).send(batch())).toEqual({ kind: 'taken' });
      await leftAlone(server);
      expect(said()).toEqual(fields.defa ? [] : [expect.stringMatching(/^What came as a letter .* is removed: .+$/)]);
    });

    it('removes what is no job at all, and an id without one', async () => {
      const server = await serverWith();
      await connected({ REDIS_URL: server.url }, taken);
      const said = warnings();
      await asked(server, async (redis) => {
        await redis.set(`${QUEUE}:none`, 'a text');
        await take(redis, QUEUE, 'none');
        await take(redis, QUEUE, 'nowhere');
      });
      await waitUntil(async () => said().length === 2, 30_000);
      await leftAlone(server);
      expect(said()).toHaveLength(2);
    });

    it('removes what says that it is another', async () => {
      const server = await serverWith();
      await connected({ REDIS_URL: server.url }, taken);
      const said = warnings();
      const id = await asked(server, (redis) => put(redis, QUEUE, { id: 'another', name: 'x', data: '"x"' }));
      await waitUntil(async () => !(await keysOf(server)).some((key) => key.includes(id)), 30_000, 'it is removed');
      await leftAlone(server);
      expect(said()).toContainEqual(expect.stringContaining(`job ${id}`));
    });

    it('does not answer where it wants', async () => {
      const server = await serverWith();
      await connected({ REDIS_URL: server.url }, taken);
      const said = warnings();
      const id = '0b7a1d57-8c4b-4b86-9b7e-d9d4ff6ea3a2';
      const letter = writeLetter({ id, replyTo: 'elsewhere', batch: batch() }).join('\n');
      const heard = jest.fn();
      await asked(server, async (redis) => {
        const ears = redis.duplicate();
        await ears.subscribe('elsewhere');
        ears.on('message', heard);
        await put(redis, QUEUE, { name: 'x', data: JSON.stringify(letter) });
        await waitUntil(async () => said().length > 0, 30_000);
        await ears.quit();
      });
      expect(said()).toEqual([expect.stringContaining('it has no address')]);
      expect(heard).not.toHaveBeenCalled();
    });

    /** Nothing waits, nothing is being handled, and nothing was kept. */
    async function leftAlone(server: RedisServerProcess): Promise<void> {
      const queue = new Queue('seamline.books.0', { connection: { host: HOST, port: server.port } });
      await waitUntil(async () => (await queue.getJobCountByTypes('wait', 'active')) === 0, 30_000, 'nothing is left');
      expect(await queue.getJobCountByTypes()).toBe(0);
      await queue.close();
    }
  });

  describe('when Redis is not what it was,', () => {
    it('starts without it, says so once, and goes on when it is there', async () => {
      const said = warnings();
      const server = await serverWith();
      await server.kill();
      await connected({ REDIS_URL: server.url }, taken);
      const sender = await connected({ REDIS_URL: server.url });
      await expect(sender.send(batch())).rejects.toThrow(/cannot be reached at redis:/);
      await sleep(1_000);
      const line = `Redis cannot be reached at ${server.url} (connect ECONNREFUSED ${HOST}:${server.port}). Messages wait in the outbox, and it is tried again: start it, or correct REDIS_URL.`;
      expect(said()).toEqual([line, line]);
      await server.start();
      await waitUntil(() => sends(sender), 30_000, 'it is heard');
    });

    it('rejects at once what was under way when the connection broke', async () => {
      warnings();
      const server = await serverWith();
      const sender = await connected({ REDIS_URL: server.url });
      const answer = sender.send(batch());
      await waitUntil(async () => (await waiting(server)) === 1, 30_000);
      const lost = expect(answer).rejects.toThrow('The connection to Redis was lost');
      const began = performance.now();
      await server.kill();
      await lost;
      expect(performance.now() - began).toBeLessThan(5_000);
    });

    it('gives up one that is frozen, and goes on when it thaws', async () => {
      warnings();
      const server = await serverWith();
      const open = sockets();
      const receiver = await connected({ REDIS_URL: server.url }, taken);
      const sender = await connected({ REDIS_URL: server.url });
      server.freeze();
      const began = performance.now();
      await expect(sender.send(batch())).rejects.toThrow('it said nothing for 3000 ms');
      expect(performance.now() - began).toBeLessThan(12_000);
      await sleep(8_000);
      server.thaw();
      await waitUntil(() => sends(sender), 30_000, 'it is heard again');
      await Promise.all([receiver, sender].map((transport) => transport.close()));
      await waitUntil(async () => sockets() <= open, 30_000, 'every connection is closed');
    }, 180_000);

    it('lets go of one that becomes a replica, and goes on where it takes writes', async () => {
      const said = warnings();
      const server = await serverWith();
      const sender = await connected({ REDIS_URL: server.url });
      await asked(server, (redis) => redis.replicaof(HOST, 1));
      await expect(sender.send(batch())).rejects.toThrow(/READONLY/);
      await waitUntil(async () => said().some((line) => /cannot be reached at .* \(READONLY/.test(line)), 30_000);
      const receiver = await connected({ REDIS_URL: server.url }, taken);
      await asked(server, (redis) => redis.replicaof('NO', 'ONE'));
      await waitUntil(() => sends(sender), 30_000, 'it is heard again');
      await asked(server, (redis) => redis.replicaof(HOST, 1));
      await waitUntil(async () => said().filter((line) => /was lost: READONLY/.test(line)).length > 1, 30_000);
      await receiver.close();
    });

    it('says that it is full, and goes on when it is not any more', async () => {
      warnings();
      const server = await serverWith();
      const sender = await connected({ REDIS_URL: server.url });
      await asked(server, (redis) => redis.config('SET', 'maxmemory', '1'));
      await expect(sender.send(batch())).rejects.toThrow(/OOM/);
      await asked(server, (redis) => redis.config('SET', 'maxmemory', '0'));
      await connected({ REDIS_URL: server.url }, taken);
      await waitUntil(() => sends(sender), 30_000, 'it is heard again');
    });
  });

  describe('refuses to start, and says what to do,', () => {
    it('where the password is wrong or missing, and never shows it', async () => {
      const server = await serverWith('--requirepass', 'right:p@ss');
      const { message, mend } = await refusal({ REDIS_URL: urlOf(server, ':s3cret@') });
      expect(message).toMatch(/refuses the user "default": .*[^.]\.$/);
      expect(mend).toMatch(/REDIS_URL/);
      expect(message + mend).not.toContain('s3cret');
      expect((await refusal({ REDIS_URL: server.url })).message).toMatch(/asks for a password/);
      await connected({ REDIS_URL: urlOf(server, `:${encodeURIComponent('right:p@ss')}@`) });
    });

    it('where something is not permitted, and is content with what it asks for', async () => {
      const server = await serverWith();
      const all = ['on', '>p', '~bull:seamline.*', '&seamline.answers.*', '+@all', '-@dangerous', '+info'];
      const users: Record<string, string[]> = {
        enough: all,
        keys: all.with(2, '~other.*'),
        channels: ['resetchannels', ...all.with(3, '&other.*')],
        info: all.slice(0, -1),
        scripts: [...all, '-@scripting'],
        blocking: [...all, '-bzpopmin'],
        subscribing: [...all, '-subscribe'],
      };
      await asked(server, async (redis) => {
        for (const [user, rules] of Object.entries(users)) await redis.acl('SETUSER', user, 'reset', ...rules);
      });
      // Of the client, which may not read INFO.
      jest.spyOn(console, 'warn').mockImplementation(() => undefined);
      const { enough: _, ...lacking } = users;
      for (const user of Object.keys(lacking)) {
        const { message, mend } = await refusal({ REDIS_URL: urlOf(server, `${user}:p@`) });
        expect(message).toMatch(`does not permit the user "${user}" what messages need`);
        expect(mend).toContain(`ACL SETUSER ${user} ${all.slice(2).join(' ')}`);
      }
      const env = { REDIS_URL: urlOf(server, 'enough:p@') };
      await connected(env, taken);
      expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
    });

    it('where there is no such database, and takes the one that there is', async () => {
      const server = await serverWith();
      expect((await refusal({ REDIS_URL: `${server.url}/99` })).message).toMatch(/has no such database/);
      const env = { REDIS_URL: `${server.url}/3` };
      void (await connected(env)).send(batch()).catch(() => undefined);
      await waitUntil(
        () => asked(server, async (redis) => (await redis.select(3)) && (await redis.dbsize()) > 4),
        30_000,
      );
      expect(await keysOf(server)).toEqual([]);
    });

    it('where it is a cluster', async () => {
      const { message, mend } = await refusal({ REDIS_URL: (await serverWith('--cluster-enabled', 'yes')).url });
      expect(message).toMatch(/is a cluster/);
      expect(mend).toMatch(/cluster-enabled/);
    });

    it('where it is too old', async () => {
      const { message, mend } = await refusal({ REDIS_URL: await older('6.0.16') });
      expect(message).toMatch(/is of version 6\.0\.16/);
      expect(mend).toMatch(/6\.2 or newer/);
    });

    it.each([
      ['', 'REDIS_URL holds no address of Redis'],
      ['http://redis:6379', 'REDIS_URL holds no address of Redis'],
      ['redis://', 'REDIS_URL holds no address of Redis'],
      ['redis://:50%@redis', 'begins no percent-encoded character'],
      ['redis://redis/first', 'no number of a database'],
      ['redis://redis?db=1', 'has parameters'],
    ])('where REDIS_URL is "%s"', (REDIS_URL, said) => {
      expect(() => redisFrom({ REDIS_URL })).toThrow(said);
    });
  });

  describe('over TLS', () => {
    const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    beforeAll(() => {
      const made = certificate();
      for (const part of ['ca', 'cert', 'key'] as const) writeFileSync(files[part], made[part]);
    });
    const secure = async (clients: 'yes' | 'no') => {
      const { ca, cert, key } = files;
      const own = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca];
      const { port } = await serverWith('--tls-port', ...own, '--tls-auth-clients', clients, '--requirepass', 'p');
      return `rediss://:p@${HOST}:${port}`;
    };

    it('trusts the authority that it is told, and nobody else', async () => {
      const REDIS_URL = await secure('no');
      const { message, mend } = await refusal({ REDIS_URL });
      expect(message).toMatch(/cannot be reached safely/);
      expect(mend).toMatch(/REDIS_CA/);
      expect((await refusal({ REDIS_URL, REDIS_CA: join(folder, 'none.pem') })).message).toMatch(/cannot be read/);
      const env = { REDIS_URL, REDIS_CA: files.ca };
      await connected(env, taken);
      expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
    });

    it('shows a certificate where the server asks for one', async () => {
      const REDIS_URL = await secure('yes');
      const REDIS_CA = files.ca;
      expect((await refusal({ REDIS_URL, REDIS_CA })).message).toMatch(/cannot be reached safely/);
      await connected({ REDIS_URL, REDIS_CA, REDIS_CERT: files.cert, REDIS_KEY: files.key });
    });

    it('says what may be wrong where the server speaks none', async () => {
      const said = warnings();
      await connected({ REDIS_URL: `rediss://${HOST}:${(await serverWith()).port}` });
      expect(said()).toEqual([expect.stringContaining('begins with redis:// where the server speaks no TLS')]);
    });
  });

  const sockets = () => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;
  const keysOf = (server: RedisServerProcess) => asked(server, (redis) => redis.keys('*'));

  /** What cannot be installed here: a server that says it is of that version. */
  async function older(version: string): Promise<string> {
    const info = `# Server\r\nredis_version:${version}\r\nredis_mode:standalone\r\n`;
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (piece) => {
        for (const [, command] of piece.toString().matchAll(/\*\d+\r\n\$\d+\r\n(\w+)\r\n/g))
          if (command?.toLowerCase() === 'hello') socket.write("-ERR unknown command 'HELLO'\r\n");
          else if (command?.toLowerCase() === 'info') socket.write(`$${info.length}\r\n${info}\r\n`);
          else socket.write('+OK\r\n');
      });
    });
    server.listen(0, HOST);
    await once(server, 'listening');
    ends.push(async () => {
      server.close();
    });
    return urlOf(server.address() as AddressInfo);
  }
});
