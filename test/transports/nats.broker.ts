import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { Logger } from '@nestjs/common';
import { PARTITIONS } from '#kernel/messaging/layout';
import { PAGE_BYTES, PAGE_ROWS } from '#kernel/messaging/page';
import { writeLetter } from '#kernel/transports/broker-letters';
import { BrokerNotUsable } from '#kernel/transports/broker-not-usable';
import { bytesOf } from '#kernel/transports/lines';
import { NatsTransport } from '#kernel/transports/nats/nats';
import { LETTER_BYTES } from '#kernel/transports/nats/requirements';
import { natsServerFrom } from '#kernel/transports/nats/server';
import type { Batch, OnBatch } from '#kernel/transports/transport';
import { waitUntil } from '#test/until';
import { batch, message } from './a-batch.js';
import { certificate } from './certificates.js';
import { conformance } from './conformance.js';
import { nats } from './nats.js';
import { operatorMode } from './nats-credentials.js';
import { HOST, NatsServerProcess } from './nats-server.js';
import { freePort } from './ports.js';
import { TcpProxy } from './proxy.js';

await conformance(nats);

const missing = await NatsServerProcess.missing();

(missing === undefined ? describe : describe.skip)('the nats transport', () => {
  const transports: NatsTransport[] = [];
  const ends: (() => Promise<void>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'seamline-nats-spec-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(async () => {
    await Promise.all(transports.splice(0).map((transport) => transport.close()));
    for (const end of ends.splice(0).reverse()) await end();
    jest.restoreAllMocks();
  });

  async function serverWith(configuration = ''): Promise<NatsServerProcess> {
    const server = await NatsServerProcess.start(configuration);
    ends.push(() => server.stop());
    return server;
  }

  async function proxyBefore({ port }: NatsServerProcess): Promise<TcpProxy> {
    const proxy = await TcpProxy.start({ host: HOST, port });
    ends.push(() => proxy.stop());
    return proxy;
  }

  function transportFor(env: Record<string, string>): NatsTransport {
    const transport = new NatsTransport(natsServerFrom(env), 'app');
    transports.push(transport);
    return transport;
  }

  async function connected(env: Record<string, string>, onBatch?: OnBatch): Promise<NatsTransport> {
    const transport = transportFor(env);
    if (onBatch) transport.consume('books', onBatch);
    await transport.connect();
    return transport;
  }

  const urlOf = ({ port }: { port: number }, login = '') => `nats://${login}${HOST}:${port}`;
  const taken: OnBatch = async () => ({ kind: 'taken' });
  const refusal = async (env: Record<string, string>) => {
    const error: unknown = await connected(env).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(BrokerNotUsable);
    return error as BrokerNotUsable;
  };

  it('takes batches of one partition to one instance, and shares partitions evenly', async () => {
    const env = { NATS_URL: urlOf(await serverWith()) };
    const seen: { instance: number; partition: number }[] = [];
    const instanceOf =
      (instance: number): OnBatch =>
      async ({ partition }) => {
        seen.push({ instance, partition });
        return { kind: 'taken' };
      };
    const sender = await connected(env);
    for (const instance of [0, 1]) await connected(env, instanceOf(instance));
    /** Who has taken the batches of each partition, of ten to each. */
    const ownersOfTen = async () => {
      seen.length = 0;
      for (let n = 0; n < 10; n++)
        for (let partition = 0; partition < PARTITIONS; partition++) await sender.send(batch({ partition }));
      return Array.from({ length: PARTITIONS }, (_, partition) => [
        ...new Set(seen.filter((each) => each.partition === partition).map(({ instance }) => instance)),
      ]);
    };
    await sender.send(batch());
    // Until both have been heard of, whoever listens takes what comes.
    const areSettled = async () => (await ownersOfTen()).every((each) => each.length === 1);
    await waitUntil(
      async () => (await areSettled()) && new Set(seen.map(({ instance }) => instance)).size === 2,
      30_000,
    );
    const owners = await ownersOfTen();
    expect(owners.map((each) => each.length)).toEqual([1, 1, 1, 1]);
    expect(owners.flat().sort()).toEqual([0, 0, 1, 1]);
  });

  it('says at once when no instance of the subscriber listens', async () => {
    const sender = await connected({ NATS_URL: urlOf(await serverWith()) });
    const began = performance.now();
    await expect(sender.send(batch())).rejects.toThrow('books: no instance listens at NATS');
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('takes a batch to another instance within seconds when the one that had it is gone', async () => {
    const server = await serverWith();
    const proxy = await proxyBefore(server);
    const begun = jest.fn();
    const over = Promise.withResolvers<void>();
    await connected({ NATS_URL: urlOf(proxy) }, async () => {
      begun();
      await over.promise;
      return { kind: 'stale' };
    });
    const sender = await connected({ NATS_URL: urlOf(server) });
    const answer = sender.send(batch());
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    await connected({ NATS_URL: urlOf(server) }, taken);
    const began = performance.now();
    await ends.pop()?.();
    expect(await answer).toEqual({ kind: 'taken' });
    expect(performance.now() - began).toBeLessThan(10_000);
    over.resolve();
  });

  it('passes by an instance that is frozen', async () => {
    const server = await serverWith();
    const sender = await connected({ NATS_URL: urlOf(server) });
    await connected({ NATS_URL: urlOf(server) }, taken);
    expect(await sender.send(batch())).toEqual({ kind: 'taken' });
    const frozen = await connect({ servers: `${HOST}:${server.port}` });
    // The first of all names, so that the first partition is its own.
    const name = '0'.repeat(22);
    const heard = jest.fn();
    frozen.subscribe(`seamline.books.at.${name}`, { callback: () => void heard() });
    frozen.publish('seamline.books.present', name);
    await frozen.flush();
    let number = 1;
    await waitUntil(async () => {
      expect(await sender.send(batch({ number: ++number }))).toEqual({ kind: 'taken' });
      return heard.mock.calls.length > 0;
    }, 30_000);
    heard.mockClear();
    expect(await sender.send(batch({ number: ++number }))).toEqual({ kind: 'taken' });
    expect(heard).not.toHaveBeenCalled();
    await frozen.close();
  });

  it('waits for a receiver that takes its time, and hears of an answer that was lost', async () => {
    const server = await serverWith();
    const proxy = await proxyBefore(server);
    let cut = false;
    await connected({ NATS_URL: urlOf(proxy) }, async () => {
      await sleep(5_000);
      if (cut) proxy.cut();
      return { kind: 'taken' };
    });
    const sender = await connected({ NATS_URL: urlOf(server) });
    expect(await sender.send(batch())).toEqual({ kind: 'taken' });
    cut = true;
    await expect(sender.send(batch({ number: 2 }))).rejects.toThrow(/lost on the way|is gone|listens/);
  });

  it('answers what it has begun before it closes, and takes nothing new', async () => {
    const env = { NATS_URL: urlOf(await serverWith()) };
    const begun = jest.fn();
    const closing = await connected(env, async () => {
      begun();
      await sleep(500);
      return { kind: 'taken' };
    });
    const sender = await connected(env);
    const answer = sender.send(batch());
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    const closed = closing.close();
    expect(await answer).toEqual({ kind: 'taken' });
    await closed;
    await expect(sender.send(batch({ number: 2 }))).rejects.toThrow('books: no instance');
    expect(begun).toHaveBeenCalledTimes(1);
  });

  it('carries the largest page there is, though the server takes nothing larger', async () => {
    const env = { NATS_URL: urlOf(await serverWith(`max_payload: ${LETTER_BYTES}`)) };
    const received: Batch[] = [];
    await connected(env, async (each) => {
      received.push(each);
      return { kind: 'taken' };
    });
    const longest = { source: 'a'.padEnd(40, 'a'), partition: PARTITIONS - 1, epoch: Number.MAX_SAFE_INTEGER };
    const messages = Array.from({ length: PAGE_ROWS - 1 }, (_, n) => message(`${n}`.padEnd(400, 'k')));
    const last = message('');
    const room = PAGE_BYTES - [...messages, last].reduce((sum, each) => sum + JSON.stringify(each).length, 0);
    const page = batch({ ...longest, messages: [...messages, { ...last, data: { key: 'k'.repeat(room) } }] });
    expect(await (await connected(env)).send(page)).toEqual({ kind: 'taken' });
    expect(received).toEqual([page]);
  });

  it('answers nobody but senders, wherever a letter wants its answer', async () => {
    const server = await serverWith();
    const begun = jest.fn();
    await connected({ NATS_URL: urlOf(server) }, async () => {
      begun();
      return { kind: 'taken' };
    });
    const stranger = await connect({ servers: `${HOST}:${server.port}` });
    const heard = jest.fn();
    stranger.subscribe('seamline.books.elsewhere', { callback: () => void heard() });
    const replyTo = 'seamline.books.elsewhere';
    const letter = writeLetter({ id: '0b7a1d57-8c4b-4b86-9b7e-d9d4ff6ea3a2', replyTo, batch: batch() });
    stranger.publish('seamline.books.0', bytesOf(letter), { reply: replyTo });
    await waitUntil(async () => begun.mock.calls.length > 0, 30_000);
    await stranger.flush();
    expect(heard).not.toHaveBeenCalled();
    await stranger.close();
  });

  it('goes on when a frozen server thaws, and gives up meanwhile what it will not hear of', async () => {
    const server = await serverWith();
    await connected({ NATS_URL: urlOf(server) }, taken);
    const sender = await connected({ NATS_URL: urlOf(server) });
    const open = sockets();
    server.freeze();
    await expect(sender.send(batch())).rejects.toThrow();
    // Connections are given up, and new ones tried in vain.
    await sleep(12_000);
    const began = performance.now();
    await expect(sender.send(batch())).rejects.toThrow('NATS cannot be reached now');
    expect(performance.now() - began).toBeLessThan(2_000);
    server.thaw();
    await waitUntil(async () => sends(sender), 30_000, 'it is heard again');
    await waitUntil(async () => sockets() === open, 30_000, 'no connection too many is left');
  }, 180_000);

  it('closes soon where its server has frozen, and what was under way is sent again', async () => {
    const server = await serverWith();
    const env = { NATS_URL: urlOf(server) };
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
    const began = performance.now();
    await Promise.all([receiver.close(), sender.close()]);
    expect(performance.now() - began).toBeLessThan(2_500);
    await lost;
    server.thaw();
    await connected(env, taken);
    expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
  });

  it('starts without its server, says so once, and goes on when it is there', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const server = await serverWith();
    await server.kill();
    await connected({ NATS_URL: urlOf(server) }, taken);
    const sender = await connected({ NATS_URL: urlOf(server) });
    await expect(sender.send(batch())).rejects.toThrow('NATS cannot be reached now');
    await sleep(1_000);
    expect(warn.mock.calls.map(([said]) => said)).toEqual(
      [1, 2].map(
        () =>
          `NATS at ${HOST}:${server.port} cannot be reached: connect ECONNREFUSED ${HOST}:${server.port}. Start it, or correct NATS_URL; until then messages wait in their outboxes.`,
      ),
    );
    await server.start();
    await waitUntil(async () => sends(sender), 30_000, 'it is heard');
  });

  it('takes the next of several servers when one is not there', async () => {
    const server = await serverWith();
    const env = { NATS_URL: `nats://${HOST}:${await freePort()},${urlOf(server)}` };
    await connected(env, taken);
    expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
  });

  describe('refuses to start, and says what to do,', () => {
    it('where the password is wrong, and never shows it', async () => {
      const server = await serverWith('authorization { user: shop, password: "right:p@ss" }');
      const { message, mend } = await refusal({ NATS_URL: urlOf(server, 'shop:s3cret@') });
      expect(message).toMatch(/refuses the credentials/);
      expect(mend).toMatch(/NATS_URL/);
      expect(message + mend).not.toContain('s3cret');
      await connected({ NATS_URL: urlOf(server, `shop:${encodeURIComponent('right:p@ss')}@`) });
    });

    it('where the token is wrong', async () => {
      const server = await serverWith('authorization { token: "right" }');
      expect((await refusal({ NATS_URL: urlOf(server, 'wrong@') })).message).toMatch(/refuses the credentials/);
      await connected({ NATS_URL: urlOf(server, 'right@') });
    });

    it('where the file of credentials is missing, or forged', async () => {
      const { configuration, credentials, forged } = operatorMode();
      const NATS_URL = urlOf(await serverWith(configuration));
      const [NATS_CREDS, wrong] = [join(folder, 'user.creds'), join(folder, 'forged.creds')] as [string, string];
      writeFileSync(wrong, forged);
      expect((await refusal({ NATS_URL, NATS_CREDS })).message).toMatch(/NATS_CREDS names .*, which cannot be read/);
      expect((await refusal({ NATS_URL, NATS_CREDS: wrong })).message).toMatch(/refuses the credentials/);
      writeFileSync(NATS_CREDS, credentials);
      await connected({ NATS_URL, NATS_CREDS }, taken);
      expect(await (await connected({ NATS_URL, NATS_CREDS })).send(batch())).toEqual({ kind: 'taken' });
    });

    it('where it may not listen, and is content with what it asks for', async () => {
      const server = await serverWith(`authorization { users: [
        { user: narrow, password: p, permissions: { publish: "seamline.>", subscribe: "other.>" } }
        { user: mute, password: p, permissions: { publish: "other.>", subscribe: "seamline.>" } }
        { user: enough, password: p, permissions: { publish: "seamline.>", subscribe: "seamline.>" } }
      ] }`);
      for (const user of ['narrow', 'mute']) {
        const { message, mend } = await refusal({ NATS_URL: urlOf(server, `${user}:p@`) });
        expect(message).toMatch(/refuses what is asked of it: Permissions Violation/);
        expect(mend).toContain('"seamline.>"');
      }
      const env = { NATS_URL: urlOf(server, 'enough:p@') };
      await connected(env, taken);
      expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
    });

    it('but hears at its first batch where it may not write to one subscriber', async () => {
      const server = await serverWith(`authorization { users: [
        { user: some, password: p, permissions: { publish: { allow: "seamline.>", deny: "seamline.books.>" } } }
      ] }`);
      const error = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
      const sender = await connected({ NATS_URL: urlOf(server, 'some:p@') });
      await expect(sender.send(batch())).rejects.toThrow(/Permissions Violation for Publish to "seamline.books.0"/);
      expect(error.mock.calls.map(([said]) => said)).toEqual([expect.stringContaining('Allow this user to publish')]);
    });

    it('where the server takes less than a page', async () => {
      const { message, mend } = await refusal({ NATS_URL: urlOf(await serverWith('max_payload: 524288')) });
      expect(message).toMatch(/takes at most 524288 bytes a message/);
      expect(mend).toMatch(/max_payload/);
    });

    it('where the server cannot say that nobody listens', async () => {
      const { message, mend } = await refusal({ NATS_URL: urlOf(await serverWith('no_header_support: true')) });
      expect(message).toMatch(/headers switched off/);
      expect(mend).toMatch(/no_header_support/);
    });

    it('where the server is too old', async () => {
      const { message, mend } = await refusal({ NATS_URL: await greeting({ version: '2.8.4' }) });
      expect(message).toMatch(/is of version 2\.8\.4/);
      expect(mend).toMatch(/2\.9 or newer/);
    });

    it('where something else answers', async () => {
      expect((await refusal({ NATS_URL: await saying('HTTP/1.1 400 Bad Request\r\n\r\n') })).message).toMatch(
        /is no NATS server/,
      );
    });

    it.each([
      ['', 'NATS_URL is not set'],
      ['http://nats:4222', 'NATS_URL holds no NATS address'],
      ['nats://', 'NATS_URL holds no NATS address'],
      ['nats://%zz@nats', 'NATS_URL holds no NATS address'],
      ['nats://a:b@one,nats://c:d@two', 'different credentials'],
    ])('where NATS_URL is "%s"', (NATS_URL, said) => {
      expect(() => natsServerFrom({ NATS_URL })).toThrow(said);
    });
  });

  describe('over TLS', () => {
    const files = { ca: join(folder, 'ca.pem'), cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    beforeAll(() => {
      const made = certificate();
      for (const part of ['ca', 'cert', 'key'] as const) writeFileSync(files[part], made[part]);
    });
    const secure = (more = '') =>
      serverWith(`tls { cert_file: "${files.cert}", key_file: "${files.key}", ca_file: "${files.ca}" ${more} }`);

    it('trusts the authority that it is told, and nobody else', async () => {
      const NATS_URL = `tls://${HOST}:${(await secure()).port}`;
      const { message, mend } = await refusal({ NATS_URL });
      expect(message).toMatch(/cannot be reached safely/);
      expect(mend).toMatch(/NATS_CA/);
      const env = { NATS_URL, NATS_CA: files.ca };
      await connected(env, taken);
      expect(await (await connected(env)).send(batch())).toEqual({ kind: 'taken' });
    });

    it('shows a certificate where the server asks for one', async () => {
      const NATS_URL = `tls://${HOST}:${(await secure(', verify: true')).port}`;
      const NATS_CA = files.ca;
      expect((await refusal({ NATS_URL, NATS_CA })).message).toMatch(/cannot be reached safely/);
      await connected({ NATS_URL, NATS_CA, NATS_CERT: files.cert, NATS_KEY: files.key });
    });

    it('is refused where the address asks for it and the server has none', async () => {
      const { mend } = await refusal({ NATS_URL: `tls://${HOST}:${(await serverWith()).port}` });
      expect(mend).toMatch(/nats:\/\/ instead of tls:\/\//);
    });
  });

  const sockets = () => process.getActiveResourcesInfo().filter((each) => each === 'TCPSocketWrap').length;

  const sends = (sender: NatsTransport) =>
    sender.send(batch()).then(
      () => true,
      () => false,
    );

  /** What cannot be installed here: a server that greets so, and answers pings. */
  async function greeting(info: object): Promise<string> {
    const whole = {
      server_id: 'x',
      host: HOST,
      port: 1,
      headers: true,
      max_payload: 1_048_576,
      proto: 1,
      go: 'x',
      ...info,
    };
    return saying(`INFO ${JSON.stringify(whole)}\r\n`, 'PONG\r\n');
  }

  async function saying(first: string, then = ''): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(then));
      socket.write(first);
    });
    server.listen(0, HOST);
    await once(server, 'listening');
    ends.push(async () => {
      server.close();
    });
    return urlOf(server.address() as AddressInfo);
  }
});
