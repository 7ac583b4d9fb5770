import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { type Certificate, certificate } from '#test/transports/certificates';
import { TcpProxy } from '#test/transports/proxy';
import { RawWire } from '#test/transports/raw-wire';
import { waitUntil } from '#test/until';
import type { Cancellation } from '../../resilience/cancellation.js';
import { FrameReader, frame, KIND, MOST_BYTES } from './frames.js';
import { newNonce, PROTOCOL, proofOf, type WireSecurity } from './handshake.js';
import { CHANNEL, Wire } from './wire.js';
import { Unreachable } from './wire-client.js';
import { type Answer, CallFailed, ConnectionLost } from './wire-connection.js';

const HOST = '127.0.0.1';
const SECRET = 'all apps of this system share this secret';
/** Only a failing test waits so long. In milliseconds. */
const PATIENCE = 20_000;
const { query } = CHANNEL;

const wires: Wire[] = [];
const servers: Server[] = [];
const proxies: TcpProxy[] = [];

/** What servers say of their callers. */
let warn: jest.SpiedFunction<Logger['warn']>;

beforeEach(() => {
  warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
});
afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.stop();
  for (const wire of wires.splice(0)) await wire.close();
  for (const server of servers.splice(0)) server.close();
  jest.restoreAllMocks();
});

/** An app that answers queries; answers where it listens. */
async function listening(answer: Answer, security: Partial<WireSecurity> = {}): Promise<{ wire: Wire; port: number }> {
  const wire = new Wire({
    app: 'inventory',
    security: { secret: SECRET, ...security },
    listen: { host: HOST, port: 0 },
    peers: {},
  });
  wires.push(wire);
  wire.answer(query, answer);
  return { wire, port: (await wire.listen())?.port as number };
}

/** An app that calls the others at these ports. */
function caller(ports: readonly number[], security: Partial<WireSecurity> = {}, to = 'inventory'): Wire {
  const wire = new Wire({
    app: 'orders',
    security: { secret: SECRET, ...security },
    peers: { [to]: ports.map((port) => ({ host: HOST, port })) },
  });
  wires.push(wire);
  return wire;
}

/** A server that is no app of ours. */
async function stranger(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  servers.push(server);
  server.listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A server that knows the secret, and does as it is told with every frame that follows. */
function impostor(onFrame: (kind: number, id: number, body: Buffer, socket: Socket) => void): Promise<number> {
  return stranger((socket) => {
    const serverNonce = newNonce();
    const reader = new FrameReader(MOST_BYTES, (kind, id, body) => {
      if (kind !== KIND.proof) return onFrame(kind, id, body, socket);
      const { from, to, nonce: clientNonce } = JSON.parse(body.toString());
      const proof = proofOf('server', { secret: SECRET }, { from, to, clientNonce, serverNonce });
      socket.write(frame(KIND.welcome, 0, JSON.stringify({ proof })));
    });
    socket.on('data', (piece: Buffer) => reader.push(piece));
    socket.write(frame(KIND.hello, 0, JSON.stringify({ protocol: PROTOCOL, nonce: serverNonce })));
  });
}

async function proxyTo(port: number): Promise<TcpProxy> {
  const proxy = await TcpProxy.start({ host: HOST, port });
  proxies.push(proxy);
  return proxy;
}

const echo: Answer = async (body) => body.toString();
const ask = async (wire: Wire, what: string, signal?: AbortSignal, prefer?: number) =>
  (await wire.call('inventory', query, what, signal, prefer)).toString();
const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error) => error,
  );

describe('two apps', () => {
  it('answer calls, many at once, in whatever order', async () => {
    const { port } = await listening(async (body) => {
      const wait = Number(body.toString());
      await sleep(wait);
      return `after ${wait}`;
    });
    const orders = caller([port]);
    const done: string[] = [];
    const waits = [120, 0, 60];
    await Promise.all(waits.map(async (wait) => done.push(await ask(orders, String(wait)))));
    expect(done).toEqual(['after 0', 'after 60', 'after 120']);
    const all = await Promise.all(Array.from({ length: 2_000 }, (_, n) => ask(orders, String(n % 5))));
    expect(all).toEqual(all.map((_, n) => `after ${n % 5}`));
  });

  it('carry what is large, empty, and in any script', async () => {
    const { port } = await listening(echo);
    const orders = caller([port]);
    for (const what of ['', 'ключ 鍵 🗝️ \u2028 \0', 'é'.repeat(3_000_000)]) expect(await ask(orders, what)).toBe(what);
  });

  it('hear why a call failed', async () => {
    const { port } = await listening(async () => {
      throw new Error('There is no such product.');
    });
    const orders = caller([port]);
    const failure = await failureOf(ask(orders, 'x'));
    expect(failure).toBeInstanceOf(CallFailed);
    expect(failure.message).toBe('There is no such product.');
    expect((await failureOf(orders.call('inventory', CHANNEL.batch, ''))).message).toBe(
      'This app answers no such calls.',
    );
    expect((await failureOf(orders.call('billing', query, ''))).message).toBe(
      'No address is known for the app "billing".',
    );
  });

  it('refuse what is too long to travel, either way, and go on', async () => {
    const { port } = await listening(async (body) => (body.length === 1 ? 'x'.repeat(MOST_BYTES) : 'short'));
    const orders = caller([port]);
    expect((await failureOf(ask(orders, 'x'.repeat(MOST_BYTES)))).message).toMatch(/^The call has 16777216 bytes/);
    expect((await failureOf(ask(orders, '?'))).message).toMatch(/^The answer has 16777216 bytes/);
    expect(await ask(orders, '??')).toBe('short');
  });

  it('take a call back that nobody waits for any more', async () => {
    const answering: Cancellation[] = [];
    const { port } = await listening(async (body, cancellation) => {
      answering.push(cancellation);
      if (body.toString() !== 'quick')
        await new Promise<void>((resolve) => cancellation.addEventListener('abort', resolve));
      return 'late';
    });
    const orders = caller([port]);
    const giveUp = new AbortController();
    const call = failureOf(ask(orders, 'slow', giveUp.signal));
    await waitUntil(async () => answering.length === 1, PATIENCE);
    giveUp.abort(new Error('I have waited long enough.'));
    expect((await call).message).toBe('I have waited long enough.');
    await waitUntil(async () => answering[0]?.aborted === true, PATIENCE);
    expect(await ask(orders, 'quick')).toBe('late');

    const beforehand = AbortSignal.abort(new Error('Never mind.'));
    expect((await failureOf(ask(orders, 'slow', beforehand))).message).toBe('Never mind.');
    const unheard = caller([1]);
    expect((await failureOf(ask(unheard, 'slow', beforehand))).message).toBe('Never mind.');
    expect(answering).toHaveLength(2);
  });

  it('send what is said in one turn in few pieces, not in one, so that both ends are at work', async () => {
    const { port } = await listening(echo);
    const orders = caller([port]);
    await ask(orders, 'first');
    const write = jest.spyOn(Socket.prototype, 'write');
    await Promise.all(Array.from({ length: 200 }, () => ask(orders, 'x')));
    const pieces = write.mock.calls.length;
    expect({ pieces, areFew: pieces < 40, areSome: pieces > 20 }).toEqual({ pieces, areFew: true, areSome: true });
  });

  it('hear at once when their connection is gone, and make it again', async () => {
    let isAsked = false;
    let answer = () => {};
    const { port } = await listening(
      (body) =>
        new Promise((resolve) => {
          if (body.toString() === 'now') resolve('now');
          isAsked = true;
          answer = () => resolve('late');
        }),
    );
    const proxy = await proxyTo(port);
    const orders = caller([proxy.port]);
    const call = failureOf(ask(orders, 'later'));
    await waitUntil(async () => isAsked, PATIENCE);
    proxy.cut();
    const failure = await call;
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure.message).toMatch(/^The connection to inventory is gone.*\.$/);
    answer();
    expect(await ask(orders, 'now')).toBe('now');
  });

  it('give up one that has frozen, and none that only takes its time', async () => {
    const frozen = await impostor(() => undefined);
    const { port: slow } = await listening(async () => {
      await sleep(8_500);
      return 'at last';
    });
    const [failure, answer] = await Promise.all([
      failureOf(ask(caller([frozen]), 'are you there?')),
      ask(caller([slow]), 'take your time'),
    ]);
    expect(failure).toBeInstanceOf(ConnectionLost);
    expect(failure.message).toBe('The connection to inventory is gone: it has said nothing for 6000 ms.');
    expect(answer).toBe('at last');
  });

  it('part in order: what is under way is answered, and nothing more is asked', async () => {
    const over = Promise.withResolvers<void>();
    let asked = 0;
    const { port, wire } = await listening(async (body) => {
      asked++;
      await over.promise;
      return body.toString();
    });
    const orders = caller([port]);
    const calls = Promise.all([ask(orders, 'a'), ask(orders, 'b')]);
    await waitUntil(async () => asked === 2, PATIENCE);
    const closing = wire.close();
    await sleep(100);
    over.resolve();
    expect(await calls).toEqual(['a', 'b']);
    await closing;
    expect(await failureOf(ask(orders, 'c'))).toBeInstanceOf(Unreachable);
  });

  it('part in order, and what is under way may ask a third one until it is answered', async () => {
    const { port: end } = await listening(echo);
    const over = Promise.withResolvers<void>();
    let asked = 0;
    const middle = new Wire({
      app: 'inventory',
      security: { secret: SECRET },
      listen: { host: HOST, port: 0 },
      peers: { inventory: [{ host: HOST, port: end }] },
    });
    wires.push(middle);
    middle.answer(query, async (body) => {
      asked++;
      await over.promise;
      return `${await ask(middle, body.toString())}, from the third`;
    });
    const orders = caller([(await middle.listen())?.port as number]);
    const call = failureOf(ask(orders, 'a').then((answer) => expect(answer).toBe('a, from the third')));
    await waitUntil(async () => asked === 1, PATIENCE);
    const closing = middle.close();
    over.resolve();
    expect(await call).toBeUndefined();
    await closing;
  });
});

describe('an app of several instances', () => {
  it('is asked by turns, or always at the same one', async () => {
    const ports = await Promise.all(['0', '1'].map(async (n) => (await listening(async () => n)).port));
    const orders = caller(ports);
    expect([await ask(orders, ''), await ask(orders, ''), await ask(orders, '')]).toEqual(['0', '1', '0']);
    for (const prefer of [5, 5, 5]) expect(await ask(orders, '', undefined, prefer)).toBe('1');
  });

  it('loses no call when instances end in order and others come', async () => {
    const slowly: Answer = async (body) => {
      await sleep(2);
      return body.toString();
    };
    const [first, second] = [await listening(slowly), await listening(slowly)];
    const orders = caller([first.port, second.port]);
    let isOver = false;
    let count = 0;
    const asking = Array.from({ length: 20 }, async () => {
      while (!isOver) {
        expect(await ask(orders, 'x')).toBe('x');
        count++;
      }
    });
    const asked = Promise.all(asking).catch((error: unknown) => error);
    const goOn = async (calls: number) => {
      const end = count + calls;
      await Promise.race([asked, waitUntil(async () => count >= end, PATIENCE, 'it goes on')]);
    };
    await goOn(200);
    await first.wire.close();
    await goOn(200);
    isOver = true;
    expect(await asked).not.toBeInstanceOf(Error);
  });

  it('is asked elsewhere while one of them cannot be reached, and nobody waits for that one', async () => {
    const silent = await stranger(() => undefined);
    const { port } = await listening(echo);
    const orders = caller([silent, port]);
    expect(await ask(orders, 'first', undefined, 0)).toBe('first');
    await sleep(100);
    const began = performance.now();
    for (let n = 0; n < 20; n++) expect(await ask(orders, 'next', undefined, 0)).toBe('next');
    // Whoever waited for that one would wait as long as it may take to show itself.
    expect(performance.now() - began).toBeLessThan(2_500);
  });
});

describe('a caller', () => {
  const why = async (port: number, to = 'inventory', secret = SECRET) => {
    const failure = await failureOf(caller([port], { secret }, to).call(to, query, ''));
    expect(failure).toBeInstanceOf(Unreachable);
    return failure.message.replace(`${to} cannot be reached at ${HOST}:${port}: `, '');
  };

  it('hears why it was refused', async () => {
    const { port } = await listening(echo);
    expect(await why(port, 'inventory', 'some other secret of thirty-two letters')).toBe(
      'it refused: the secrets differ: every app needs the same SEAMLINE_SECRET.',
    );
    expect(await why(port, 'back-office')).toBe(
      'it refused: this is inventory, not back-office: correct "wire" of back-office in topology.json, or BACK_OFFICE_WIRE.',
    );
  });

  it('tells nothing to whoever does not know the secret', async () => {
    let heard = '';
    const liar = await stranger((socket) => {
      socket.write(frame(KIND.hello, 0, JSON.stringify({ protocol: PROTOCOL, nonce: newNonce() })));
      socket.on('data', (piece: Buffer) => {
        heard += piece;
        socket.write(frame(KIND.welcome, 0, JSON.stringify({ proof: newNonce() })));
      });
    });
    const failure = await failureOf(ask(caller([liar]), 'how much is the fish?'));
    expect(failure.message).toContain('whoever listens there does not know the secret');
    expect(heard).not.toContain('fish');
    expect(heard).not.toContain(SECRET);
  });

  it('says what it has met where no app of ours listens', async () => {
    expect(await why(1)).toMatch(/^connect ECONNREFUSED/);
    expect(await why(await stranger((socket) => socket.end()))).toBe('it hung up, and its log may say why.');
    for (const said of [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      frame(KIND.hello, 0, 'no JSON'),
      frame(KIND.hello, 0, 'null'),
      frame(KIND.welcome, 0, '{"proof":"x"}'),
      frame(KIND.hello, 0, 'x'.repeat(1_025)),
    ])
      expect(await why(await stranger((socket) => socket.write(said)))).toBe(
        'whoever listens there is no app of ours.',
      );
    const newer = frame(KIND.hello, 0, JSON.stringify({ protocol: PROTOCOL + 1, nonce: newNonce() }));
    expect(await why(await stranger((socket) => socket.write(newer)))).toBe(
      `it speaks version ${PROTOCOL + 1} of the protocol and this app version ${PROTOCOL}: run the same version in both.`,
    );
    const rude = frame(KIND.refused, 0, 'go\naway');
    expect(await why(await stranger((socket) => socket.write(rude)))).toBe('it refused: go away.');
  });

  it('waits three seconds for one that says nothing', async () => {
    const began = performance.now();
    expect(await why(await stranger(() => undefined))).toMatch(/^no answer within 3000 ms/);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('a stranger', () => {
  it('is sent away for what no app says, which is told once, and the others go on', async () => {
    const { port } = await listening(echo);
    const long = Buffer.alloc(9, 0xff);
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', long, frame(KIND.proof, 0, '{}'), frame(KIND.call, 1, 'x'), long]) {
      const raw = await RawWire.reach(port);
      raw.socket.write(bytes);
      await raw.closed;
    }
    expect(warn.mock.calls).toEqual([[`A caller from ${HOST} was refused: it does not speak as an app of ours does.`]]);
    expect(await ask(caller([port]), 'still there')).toBe('still there');
  });

  it('is sent away for silence, and for the proof of another', async () => {
    const { port } = await listening(echo);
    const parties = { from: 'orders', to: 'inventory', clientNonce: newNonce(), serverNonce: newNonce() };
    const proof = proofOf('client', { secret: SECRET }, parties);
    const replaying = await RawWire.reach(port);
    await replaying.hears(KIND.hello);
    const { from, to, clientNonce: nonce } = parties;
    replaying.say(KIND.proof, 0, JSON.stringify({ from, to, nonce, proof }));
    expect((await replaying.hears(KIND.refused)).body.toString()).toMatch(/^the secrets differ/);
    await replaying.closed;

    const silent = await RawWire.reach(port);
    await silent.closed;
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringContaining('the secrets differ'),
      expect.stringContaining('it said nothing within 3000 ms'),
    ]);
  });

  it('is one of a hundred at most, and makes room for whoever comes', async () => {
    const { port } = await listening(echo);
    const strangers = await Promise.all(Array.from({ length: 100 }, () => RawWire.reach(port)));
    await Promise.all(strangers.map((raw) => raw.hears(KIND.hello)));
    expect(await ask(caller([port]), 'still there')).toBe('still there');
    expect(strangers.filter(({ socket }) => socket.closed)).toHaveLength(1);
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringContaining('100 callers at once have not shown whose they are'),
    ]);
  });

  it('who knows the secret and says what no app says loses its own connection only', async () => {
    const { port } = await listening(echo);
    const orders = caller([port]);
    await ask(orders, 'first');
    for (const bytes of [
      Buffer.alloc(9, 0xff),
      frame(99 as never, 1),
      Buffer.from('\0\0\0\x01hello'),
      frame(KIND.hello, 0),
    ]) {
      const raw = await RawWire.introduced(port, SECRET, 'inventory');
      raw.socket.write(bytes);
      await raw.closed;
    }
    const raw = await RawWire.introduced(port, SECRET, 'inventory');
    raw.say(KIND.call, 1);
    expect((await raw.hears(KIND.failure)).body.toString()).toBe('This app answers no such calls.');
    raw.say(KIND.answer, 4_711, 'to nothing');
    raw.say(KIND.cancel, 4_711);
    raw.say(KIND.ping, 0);
    await raw.hears(KIND.pong);
    raw.hangUp();
    expect(await ask(orders, 'still there')).toBe('still there');
    expect(warn.mock.calls).toEqual([
      [`A caller from ${HOST} was refused: raw does not speak as an app of ours does.`],
    ]);
  });
});

describe('with TLS', () => {
  let ours: Certificate | undefined;
  const tls = () => {
    ours ??= certificate();
    return ours;
  };

  it('nothing can be read on the way', async () => {
    let seen = '';
    const reading = async (security: Partial<WireSecurity>) => {
      const { port } = await listening(echo, security);
      const between = await stranger((socket) => {
        const target = new Socket().connect(port, HOST);
        target.on('error', () => undefined);
        for (const each of [socket, target])
          each.on('data', (piece: Buffer) => {
            seen += piece.toString('latin1');
          });
        socket.pipe(target).pipe(socket);
      });
      seen = '';
      expect(await ask(caller([between], security), 'how much is the fish?')).toBe('how much is the fish?');
      return seen.includes('fish');
    };
    expect(await reading({})).toBe(true);
    expect(await reading({ tls: tls() })).toBe(false);
  });

  it('whoever has no certificate of the same authority is refused, server or caller, and it is said why', async () => {
    const { port } = await listening(echo, { tls: tls() });
    const other = certificate();
    const why = async (security: Partial<WireSecurity>) =>
      (await failureOf(ask(caller([port], security), 'x')))?.message;
    expect(await why({ tls: other })).toMatch(/certificate/);
    expect(await why({ tls: { ...other, ca: tls().ca } })).toMatch(/it hung up, and its log may say why/);
    expect(await why({})).toMatch(/no answer within 3000 ms; if it speaks TLS, so must this app/);
    expect(await why({ tls: tls(), secret: 'some other secret of thirty-two letters' })).toMatch(/the secrets differ/);
    expect(warn.mock.calls.flat().join('\n')).toMatch(/it has shown no certificate that is accepted here/);
    expect(await why({ tls: tls() })).toBeUndefined();

    const { port: plain } = await listening(echo);
    expect((await failureOf(ask(caller([plain], { tls: tls() }), 'x'))).message).toMatch(/cannot be reached/);
  });
});

describe('frames', () => {
  it('are the same however the network cuts them', () => {
    const one = fc.record({
      kind: fc.integer({ min: 1, max: 11 }),
      id: fc.nat(),
      body: fc.uint8Array({ maxLength: 300 }),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 20 }), fc.array(fc.nat({ max: 400 }), { maxLength: 40 }), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(({ kind, id, body }) => frame(kind as never, id, Buffer.from(body))));
        const heard: unknown[] = [];
        const reader = new FrameReader(1_000, (kind, id, body) => heard.push({ kind, id, body: [...body] }));
        let at = 0;
        for (const cut of cuts) {
          reader.push(bytes.subarray(at, at + cut));
          at += cut;
        }
        reader.push(bytes.subarray(at));
        expect(heard).toEqual(sent.map(({ kind, id, body }) => ({ kind, id, body: [...body] })));
      }),
    );
  });
});
