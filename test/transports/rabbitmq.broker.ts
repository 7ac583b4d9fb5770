import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type ConfirmChannel, connect } from 'amqplib';
import { writeLetter } from '#kernel/transports/broker-letters';
import { BrokerNotUsable } from '#kernel/transports/broker-not-usable';
import { bytesOf } from '#kernel/transports/lines';
import { rabbitMqFrom } from '#kernel/transports/rabbitmq/nodes';
import { RabbitMqTransport } from '#kernel/transports/rabbitmq/rabbitmq';
import { mustFit } from '#kernel/transports/rabbitmq/refusals';
import type { Acknowledgement, Batch, OnBatch } from '#kernel/transports/transport';
import { waitUntil } from '#test/until';
import { certificate } from './certificates.js';
import { conformance } from './conformance.js';
import { freePort } from './ports.js';
import { TcpProxy } from './proxy.js';
import { rabbitmq } from './rabbitmq.js';
import { HOST, RabbitMqServerProcess, START_WITHIN, type User } from './rabbitmq-server.js';

await conformance(rabbitmq);

const missing = await RabbitMqServerProcess.missing();

const [CONFIGURE, WRITE, READ, NONE] = ['^seamline\\.', '^amq\\.default$', '^seamline\\.', '^$'];
const USERS: User[] = [
  { name: 'shop', password: 's3cr:t,/@ é', vhost: 'shop/eu', permissions: [CONFIGURE, WRITE, READ] },
  { name: 'outsider', password: 'p', vhost: '/' },
  { name: 'no-configure', password: 'p', vhost: '/', permissions: [NONE, WRITE, READ] },
  { name: 'no-write', password: 'p', vhost: '/', permissions: [CONFIGURE, NONE, READ] },
  { name: 'no-read', password: 'p', vhost: '/', permissions: [CONFIGURE, WRITE, NONE] },
];

(missing === undefined ? describe : describe.skip)('the rabbitmq transport', () => {
  let server: RabbitMqServerProcess;
  let secure: number;
  let cases = 0;
  let books = '';
  const transports: RabbitMqTransport[] = [];
  const ends: (() => Promise<unknown>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'seamline-rabbitmq-spec-'));
  const file = (name: string) => join(folder, name);

  beforeAll(async () => {
    secure = await freePort();
    for (const [name, text] of Object.entries(certificate())) writeFileSync(file(name), text as string);
    const tls = { cacertfile: file('ca'), certfile: file('cert'), keyfile: file('key'), verify: 'verify_peer' };
    const configuration = [
      `listeners.ssl.default = ${HOST}:${secure}`,
      ...Object.entries({ ...tls, fail_if_no_peer_cert: 'true' }).map(
        ([name, value]) => `ssl_options.${name} = ${value}`,
      ),
    ];
    server = await RabbitMqServerProcess.start({
      configuration: configuration.join('\n'),
      vhosts: ['shop/eu'],
      users: USERS,
    });
  }, 2 * START_WITHIN);
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    books = `books-${++cases}`;
  });
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    for (const end of ends.splice(0).reverse()) await end();
    jest.restoreAllMocks();
  });

  const batch = (changes: Partial<Batch> = {}): Batch => ({
    source: 'shelves',
    subscriber: books,
    partition: 0,
    epoch: 1,
    number: 1,
    generation: 0,
    messages: [{} as Batch['messages'][number]],
    ...changes,
  });
  const taken: OnBatch = async () => ({ kind: 'taken' });
  const urlOf = (login: string, vhost = '') => `amqp://${login}@${HOST}:${server.port}${vhost}`;

  async function connected(onBatch?: OnBatch, env: Record<string, string> = { AMQP_URL: server.url }) {
    const transport = new RabbitMqTransport(rabbitMqFrom(env), 'app');
    transports.push(transport);
    if (onBatch) transport.consume(books, onBatch);
    await transport.connect();
    return transport;
  }

  /** As the administrator. */
  async function channel(): Promise<ConfirmChannel> {
    const connection = await connect(server.url);
    ends.push(() => connection.close());
    return connection.createConfirmChannel();
  }

  async function milliseconds(work: Promise<unknown>): Promise<number> {
    const began = performance.now();
    await work;
    return performance.now() - began;
  }

  describe('with several instances', () => {
    const seen: { instance: number; partition: number }[] = [];
    const instance =
      (n: number): OnBatch =>
      async ({ partition }) => {
        seen.push({ instance: n, partition });
        return { kind: 'taken' };
      };
    /** Who serves each partition, by one batch to each. */
    const servers = async (sender: RabbitMqTransport) => {
      seen.length = 0;
      for (let partition = 0; partition < 4; partition++) await sender.send(batch({ partition }));
      return seen.map((each) => each.instance).sort();
    };

    it('divides the partitions among them, and gives them to those who stay when one goes', async () => {
      const first = await connected(instance(0));
      const sender = await connected();
      expect(await servers(sender)).toEqual([0, 0, 0, 0]);
      await connected(instance(1));
      await waitUntil(async () => `${await servers(sender)}` === '0,0,1,1', 30_000, 'they share');
      await sleep(2_500);
      expect(await servers(sender)).toEqual([0, 0, 1, 1]);
      await first.close();
      expect(await servers(sender)).toEqual([1, 1, 1, 1]);
    });
  });

  it('answers what it has begun before it closes, and takes nothing new', async () => {
    const begun = jest.fn();
    const receiver = await connected(async () => {
      begun();
      await sleep(500);
      return { kind: 'expected', number: 7 };
    });
    const sender = await connected();
    const answer = sender.send(batch());
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    const closed = receiver.close();
    expect(await answer).toEqual({ kind: 'expected', number: 7 });
    await closed;
    sender.send(batch({ number: 2 })).catch(() => undefined);
    await sleep(300);
    expect(begun).toHaveBeenCalledTimes(1);
  });

  it('closes only when what a lost connection had brought is done', async () => {
    const proxy = await TcpProxy.start({ host: HOST, port: server.port });
    ends.push(() => proxy.stop());
    const begun = Promise.withResolvers<void>();
    const over = Promise.withResolvers<Acknowledgement>();
    const receive: OnBatch = () => {
      begun.resolve();
      return over.promise;
    };
    const receiver = await connected(receive, { AMQP_URL: server.urlVia(proxy.port) });
    (await connected()).send(batch()).catch(() => undefined);
    await begun.promise;
    await proxy.stop();
    ends.pop();
    const closed = jest.fn();
    const closing = receiver.close().then(closed);
    await sleep(500);
    expect(closed).not.toHaveBeenCalled();
    over.resolve({ kind: 'taken' });
    await closing;
  });

  it('takes from a module that is announced after it has connected', async () => {
    const receiver = await connected();
    receiver.consume(books, taken);
    const sender = await connected();
    await waitUntil(async () => sender.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
  });

  it('lets the batches of one source pass those of another that take long', async () => {
    const over = Promise.withResolvers<Acknowledgement>();
    const begun = Promise.withResolvers<void>();
    await connected(({ source }) => {
      if (source !== 'slow') return taken(batch());
      begun.resolve();
      return over.promise;
    });
    const sender = await connected();
    const slow = sender.send(batch({ source: 'slow' }));
    await begun.promise;
    expect(await milliseconds(sender.send(batch()))).toBeLessThan(5_000);
    over.resolve({ kind: 'paused' });
    expect(await slow).toEqual({ kind: 'paused' });
  });

  describe('rejects at once', () => {
    it('where there is no queue', async () => {
      const sender = await connected();
      const sending = expect(sender.send(batch())).rejects.toThrow(`RabbitMQ has no queue seamline.${books}.0`);
      expect(await milliseconds(sending)).toBeLessThan(5_000);
    });

    it('where the queue takes no more', async () => {
      const over = Promise.withResolvers<Acknowledgement>();
      await connected(() => over.promise);
      await server.control(
        'set_policy',
        'full',
        `^seamline\\.${books}`,
        '{"max-length": 1, "overflow": "reject-publish"}',
      );
      ends.push(() => server.control('clear_policy', 'full'));
      const sender = await connected();
      const sent: Promise<string>[] = [];
      let said = '';
      // The limit is not exact to one, and the queue hears of it when it has time.
      const oneMore = async () => {
        const sending = sender.send(batch({ number: sent.length })).then(String, ({ message }: Error) => message);
        sent.push(sending);
        said = await Promise.race([sending, sleep(100, '')]);
        return said !== '';
      };
      await waitUntil(oneMore, 30_000, 'it is full').finally(() => over.resolve({ kind: 'taken' }));
      expect(said).toBe(`RabbitMQ did not take it into seamline.${books}.0: message nacked`);
      await Promise.all(sent);
    });

    it('where the receiver fails, with what it said', async () => {
      await connected(async () => {
        throw new Error('the database is\naway');
      });
      const sender = await connected();
      // More than are ever handled at once: none is handed out again, or kept.
      for (let number = 0; number < 6; number++)
        await expect(sender.send(batch({ number }))).rejects.toThrow('the database is away');
    });

    it('while the broker has no memory left, and goes on when it has; apps start and end meanwhile', async () => {
      jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      await connected(taken);
      const sender = await connected();
      expect(await sender.send(batch())).toEqual({ kind: 'taken' });
      await server.control('set_vm_memory_high_watermark', 'absolute', '1');
      ends.push(() => server.control('set_vm_memory_high_watermark', '0.4'));
      const sending = () =>
        sender.send(batch()).then(
          () => 'taken',
          (error: Error) => error.message,
        );
      // The letter by which the broker finds out, and those after it.
      for (let n = 0; n < 2; n++)
        await waitUntil(
          async () => (await sending()).startsWith('RabbitMQ takes no messages now'),
          30_000,
          'it is blocked',
        );
      const other = await connected(taken);
      expect(await milliseconds(other.close())).toBeLessThan(20_000);
      await server.control('set_vm_memory_high_watermark', '0.4');
      await waitUntil(async () => sender.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
    });
  });

  it('lets letters expire that nobody waits for any more', async () => {
    await (await connected(taken)).close();
    const sender = await connected();
    sender.send(batch()).catch(() => undefined);
    const admin = await channel();
    const expiration = await new Promise((resolve) => {
      void admin.consume(`seamline.${books}.0`, (letter) => resolve(letter?.properties.expiration), { noAck: true });
    });
    expect(expiration).toBe('15000');
  });

  it('answers nobody but senders, wherever a letter wants its answer', async () => {
    const begun = jest.fn();
    await connected(async () => {
      begun();
      return { kind: 'taken' };
    });
    const admin = await channel();
    const { queue } = await admin.assertQueue('', { exclusive: true });
    const places = [{ replyTo: queue }, { replyTo: 'amq.rabbitmq.reply-to.none' }, {}];
    for (const [number, options] of places.entries()) {
      const letter = writeLetter({ id: randomUUID(), replyTo: queue, batch: batch({ number }) });
      admin.sendToQueue(`seamline.${books}.0`, bytesOf(letter), options);
    }
    await waitUntil(async () => begun.mock.calls.length === 3, 30_000);
    await sleep(200);
    expect((await admin.checkQueue(queue)).messageCount).toBe(0);
    const sender = await connected();
    expect(await sender.send(batch({ number: 3 }))).toEqual({ kind: 'taken' });
  });

  it('makes its queues again when they are deleted', async () => {
    await connected(taken);
    const sender = await connected();
    const admin = await channel();
    await admin.deleteQueue(`seamline.${books}.0`);
    await waitUntil(async () => sender.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
  });

  it('rejects what waits for an answer when its connection is cut, and connects again', async () => {
    const begun = Promise.withResolvers<void>();
    const over = Promise.withResolvers<Acknowledgement>();
    await connected(() => {
      begun.resolve();
      return over.promise;
    });
    const proxy = await TcpProxy.start({ host: HOST, port: server.port });
    ends.push(() => proxy.stop());
    const sender = await connected(undefined, { AMQP_URL: server.urlVia(proxy.port) });
    const lost = expect(sender.send(batch())).rejects.toThrow('The connection to RabbitMQ was lost');
    await begun.promise;
    proxy.cut();
    expect(await milliseconds(lost)).toBeLessThan(5_000);
    over.resolve({ kind: 'taken' });
    await waitUntil(async () => sender.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
  });

  it('closes soon where the broker has frozen, and what was under way is sent again', async () => {
    const begun = Promise.withResolvers<void>();
    const receiver = await connected(async () => {
      begun.resolve();
      await sleep(300);
      return { kind: 'taken' };
    });
    const sender = await connected();
    const lost = expect(sender.send(batch())).rejects.toThrow();
    await begun.promise;
    server.freeze();
    ends.push(async () => server.thaw());
    expect(await milliseconds(Promise.all([receiver.close(), sender.close()]))).toBeLessThan(2_500);
    await lost;
    server.thaw();
    await connected(taken);
    const again = await connected();
    await waitUntil(async () => again.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
  });

  it(
    'starts without its broker, says so once, and goes on when it is there',
    async () => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
      await server.kill();
      const sender = await connected(taken);
      await expect(sender.send(batch())).rejects.toThrow('RabbitMQ cannot be reached');
      await sleep(1_000);
      const at = `${HOST}:${server.port}`;
      expect(warn.mock.calls.map(([line]) => line)).toEqual([
        `RabbitMQ cannot be reached at amqp://${at} (connect ECONNREFUSED ${at}). Start it, or correct AMQP_URL. It is tried again, and until then messages wait in the outbox.`,
      ]);
      await server.start();
      await waitUntil(async () => sender.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
    },
    2 * START_WITHIN,
  );

  it('takes the next node when one is not there', async () => {
    const AMQP_URL = `amqp://admin:admin@${HOST}:${await freePort()}, ${server.url}`;
    const transport = await connected(taken, { AMQP_URL });
    expect(await transport.send(batch())).toEqual({ kind: 'taken' });
  });

  it('is content with the permissions that it asks for, and reads what is percent-encoded', async () => {
    const login = `shop:${encodeURIComponent('s3cr:t,/@ é')}`;
    const transport = await connected(taken, { AMQP_URL: urlOf(login, '/shop%2Feu') });
    expect(await transport.send(batch())).toEqual({ kind: 'taken' });
  });

  it('speaks TLS with the certificates that it is given', async () => {
    const env = {
      AMQP_URL: `amqps://admin:admin@${HOST}:${secure}`,
      AMQP_CA: file('ca'),
      AMQP_CERT: file('cert'),
      AMQP_KEY: file('key'),
    };
    const transport = await connected(taken, env);
    expect(await transport.send(batch())).toEqual({ kind: 'taken' });
  });

  describe('refuses to start, and says what to do,', () => {
    const refusal = async (env: Record<string, string>, onBatch?: OnBatch) => {
      const error: unknown = await connected(onBatch, env).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(BrokerNotUsable);
      const { message, mend } = error as BrokerNotUsable;
      expect(message + mend).not.toContain('s3cret');
      return `${message} → ${mend}`;
    };

    it('where the user or the password is wrong', async () => {
      expect(await refusal({ AMQP_URL: urlOf('shop:s3cret') })).toMatch(
        /refuses the user "shop": .* → Correct the user/,
      );
    });

    it('where there is no such vhost, or the user may not enter it', async () => {
      expect(await refusal({ AMQP_URL: urlOf('admin:admin', '/nowhere') })).toMatch(
        /does not let the user "admin" into the vhost "nowhere": .* → .*rabbitmqctl add_vhost 'nowhere'/,
      );
      expect(await refusal({ AMQP_URL: urlOf('outsider:p') })).toMatch(/does not let the user "outsider" into/);
    });

    it.each(['no-configure', 'no-write', 'no-read'])('where the user has %s permission', async (user) => {
      expect(await refusal({ AMQP_URL: urlOf(`${user}:p`) }, taken)).toMatch(
        new RegExp(`does not permit the user "${user}" .*ACCESS_REFUSED.* → Permit it: rabbitmqctl set_permissions`),
      );
    });

    it('where a queue of this name is something else', async () => {
      await (await channel()).assertQueue(`seamline.${books}.2`, { durable: true });
      expect(await refusal({ AMQP_URL: server.url }, taken)).toMatch(
        new RegExp(`queue 'seamline.${books}.2'.* → Delete the queue`),
      );
    });

    it('where certificates do not fit', async () => {
      const AMQP_URL = `amqps://admin:admin@${HOST}:${secure}`;
      expect(await refusal({ AMQP_URL })).toMatch(/cannot be reached safely.* → .*AMQP_CA/);
      expect(await refusal({ AMQP_URL, AMQP_CA: file('ca') })).toMatch(/cannot be reached safely/);
      expect(await refusal({ AMQP_URL, AMQP_CA: file('none') }).catch(String)).toMatch(
        /AMQP_CA names .* cannot be read/,
      );
    });

    it(
      'where the broker is too old, or another',
      async () => {
        const old = await RabbitMqServerProcess.start({
          advanced: '[{rabbit, [{server_properties, [{<<"version">>, longstr, <<"3.9.29">>}]}]}].',
        });
        ends.push(() => old.stop());
        expect(await refusal({ AMQP_URL: old.url })).toMatch(/is RabbitMQ 3\.9\.29.* → Upgrade it to RabbitMQ 3\.10/);
        const [node] = rabbitMqFrom({ AMQP_URL: old.url }) as [ReturnType<typeof rabbitMqFrom>[number]];
        const fits = (product: string, version: string) => mustFit({ product, version } as never, node);
        for (const version of ['3.10.0', '3.13.7', '4.1.2']) expect(() => fits('RabbitMQ', version)).not.toThrow();
        for (const version of ['2.99.0', '3.9.29', '', 'next'])
          expect(() => fits('RabbitMQ', version)).toThrow(/newer/);
        expect(() => fits('LavinMQ', '3.10.0')).toThrow(/is LavinMQ/);
      },
      2 * START_WITHIN,
    );

    it.each([
      '',
      'localhost:5672',
      'http://localhost',
      'amqp://',
      'amqp://u:%@localhost',
      'amqp://localhost?heartbeat=0',
    ])('where AMQP_URL is "%s"', (AMQP_URL) => {
      expect(() => rabbitMqFrom({ AMQP_URL })).toThrow(BrokerNotUsable);
    });
  });

  it('says what happens when the broker refuses later on, and tries again', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const user = `guest-${books}`;
    const permit = () => server.control('set_permissions', user, '.*', '.*', '.*');
    await server.control('add_user', user, 'p');
    await permit();
    const transport = await connected(taken, { AMQP_URL: urlOf(`${user}:p`) });
    await server.control('set_permissions', user, '.*', '', '.*');
    // What was permitted is remembered by a channel for a while.
    await server.control('close_all_connections', '--vhost', '/', 'for a test');
    await waitUntil(async () => error.mock.calls.length > 0, 30_000);
    expect(error.mock.calls[0]?.[0]).toMatch(/does not permit the user .* Permit it: /);
    await permit();
    await waitUntil(async () => transport.send(batch()).then(...yesOrNo), 30_000, 'it is taken');
    expect(error).toHaveBeenCalledTimes(1);
  });
});

const yesOrNo = [() => true, () => false] as const;
