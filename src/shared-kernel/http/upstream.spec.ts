import { createServer, type Server as HttpServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
import { freePort } from '#test/transports/ports';
import { kernelAlone, type Listening, listen, moduleOf, placementOf } from './testing/two-apps.js';

@Controller('notes')
class Notes {
  @Get()
  list() {}

  @Post()
  write() {}
}

/** Where a test waits for it; else it is long, since it is not what the test is about. In milliseconds. */
const DEADLINE = 1_000;
const LONG = 20_000;
/** After this, at the latest, who gives no sign of life is known to give none. */
const SILENT_FOR = 5_000;

/** A gateway before an app of which the test decides every byte. */
class Stage {
  readonly connections = new Set<Socket>();
  most = 0;

  private constructor(
    private readonly servers: readonly Server[],
    readonly gateway: Listening,
  ) {
    for (const server of servers)
      server.on('connection', (socket: Socket) => {
        this.connections.add(socket);
        this.most = Math.max(this.most, this.connections.size);
        socket.on('error', () => undefined).once('close', () => this.connections.delete(socket));
      });
  }

  static async before(server: Server, deadline = LONG): Promise<Stage> {
    await listening(server);
    return Stage.at([`http://127.0.0.1:${portOf(server)}`], [server], deadline);
  }

  /** @param servers those of the test at these addresses */
  static async at(addresses: string[], servers: readonly Server[], deadline = LONG): Promise<Stage> {
    const placement = placementOf({ shop: [], depot: ['notes'] }, { depot: addresses });
    const forwarding = { placement, self: 'shop', modules: [moduleOf('notes', Notes)], deadline };
    return new Stage(servers, await listen(kernelAlone(), forwarding));
  }

  ask(init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.gateway.url}/notes`, init);
  }

  async close(): Promise<void> {
    await this.gateway.app.close();
    for (const socket of this.connections) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

const listening = (server: Server, port = 0) =>
  new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the gateway, before an app that', () => {
  let stage: Stage;
  let answer: RequestListener;

  const set = async (deadline?: number) => {
    stage = await Stage.before(
      createServer((request, response) => answer(request, response)),
      deadline,
    );
  };
  const setAgain = async (deadline: number) => {
    await stage.close();
    await set(deadline);
  };
  beforeEach(() => set());
  afterEach(() => stage.close());

  const problem = async (asked: Promise<Response>) => {
    const refused = await asked;
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    return { ...((await refused.json()) as { status: number; detail: string }), headers: refused.headers };
  };

  it('takes too long, answers 504 after the deadline and lets the call go', async () => {
    await setAgain(DEADLINE);
    answer = () => undefined;
    const started = Date.now();
    const { headers, ...refused } = await problem(stage.ask());
    expect(refused).toMatchObject({ status: 504, title: 'Gateway Timeout' });
    expect(headers.get('retry-after')).toBe('2');
    expect(Date.now() - started).toBeGreaterThanOrEqual(DEADLINE - 5);
    expect(Date.now() - started).toBeLessThan(LONG);
    await until(() => stage.connections.size === 0);
  });

  it('begins in time, waits for the rest of its answer', async () => {
    await setAgain(DEADLINE);
    answer = async (_request, response) => {
      response.write('slow');
      await new Promise((resolve) => setTimeout(resolve, DEADLINE + 300));
      response.end('ly');
    };
    expect(await (await stage.ask()).text()).toBe('slowly');
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ['in the middle of its answer', (response) => response.write('half')],
    [
      'in the middle of one whose length it told',
      (response) => response.writeHead(200, { 'content-length': 8 }).write('half'),
    ],
    ['after the head of its answer', (response) => response.writeHead(201, { location: '/notes/1' }).flushHeaders()],
  ])('dies %s, cuts the connection off', async (_when, begin) => {
    answer = (request, response) => {
      begin(response);
      setTimeout(() => request.socket.destroy(), 50);
    };
    const outcome = stage.ask().then((begun) => begun.text());
    await expect(outcome).rejects.toThrow();
  });

  it('dies before its answer, answers 503', async () => {
    answer = ({ socket }) => socket.destroy();
    const { headers, ...refused } = await problem(stage.ask({ method: 'POST' }));
    expect(refused).toMatchObject({ status: 503, type: 'urn:problem:unavailable' });
    expect(headers.get('retry-after')).toBe('2');
  });

  it('has just closed a kept connection, asks again where that does no harm', async () => {
    const used = new Set<Socket>();
    answer = ({ socket }, response) => {
      if (used.has(socket)) return socket.destroy();
      used.add(socket);
      return response.end('fine');
    };
    expect(await (await stage.ask()).text()).toBe('fine');
    expect(await (await stage.ask()).text()).toBe('fine');
    expect(await (await stage.ask()).text()).toBe('fine');
    expect(await problem(stage.ask({ method: 'POST' }))).toMatchObject({ status: 503 });
  });

  it('does not hear that its client has gone, hangs up on it', async () => {
    let asked = false;
    answer = () => {
      asked = true;
    };
    const client = new AbortController();
    const gone = stage.ask({ signal: client.signal }).catch(() => 'gone');
    await until(() => asked);
    client.abort();
    await until(() => stage.connections.size === 0);
    expect(await gone).toBe('gone');
  });

  it('answers without end, stops reading when its client has gone', async () => {
    answer = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const client = new AbortController();
    const begun = await stage.ask({ signal: client.signal });
    client.abort();
    await until(() => stage.connections.size === 0);
    await expect(begun.arrayBuffer()).rejects.toThrow();
  });

  it('is asked much at once, keeps to its connections', async () => {
    answer = (_request, response) => setTimeout(() => response.end('fine'), 200);
    const answers = await Promise.all(Array.from({ length: 400 }, async () => (await stage.ask()).text()));
    expect(new Set(answers)).toEqual(new Set(['fine']));
    expect(stage.most).toBeGreaterThan(20);
    expect(stage.most).toBeLessThanOrEqual(128);
  });

  it('sets headers for one connection, keeps them from the client', async () => {
    answer = (_request, response) =>
      response
        .writeHead(
          200,
          [
            ['Connection', 'close, X-Mine'],
            ['X-Mine', '1'],
            ['X-Yours', '2'],
            ['Keep-Alive', 'timeout=1'],
            ['Set-Cookie', 'a=1'],
            ['Set-Cookie', 'b=2'],
          ].flat(),
        )
        .end('fine');
    const { headers } = await stage.ask();
    expect(headers.get('x-yours')).toBe('2');
    expect(headers.get('x-mine')).toBeNull();
    expect(headers.get('keep-alive')).not.toBe('timeout=1');
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  });
});

describe('the gateway, before something that', () => {
  it('speaks no HTTP, answers 502', async () => {
    const stage = await Stage.before(createTcpServer((socket) => socket.end('hello\r\n\r\n')));
    expect((await stage.ask()).status).toBe(502);
    await stage.close();
  });

  it('accepts a connection and says nothing, answers 504', async () => {
    const stage = await Stage.before(createTcpServer(), DEADLINE);
    expect((await stage.ask()).status).toBe(504);
    await stage.close();
  });

  it('hangs, refuses what would only pile up', async () => {
    const stage = await Stage.before(createTcpServer(), 4_000);
    const all = Array.from({ length: 1_010 }, () => stage.gateway.app.inject('/notes'));
    const statuses = (await Promise.all(all)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 504)).toHaveLength(1_000);
    expect(statuses.filter((status) => status === 503)).toHaveLength(10);
    await stage.close();
  });

  it('is slow, waits for its answer while it says that it lives, or that it takes no more requests', async () => {
    const slowly = (response: ServerResponse) => setTimeout(() => response.end('fine'), SILENT_FOR + 2_000);
    const busy = createServer(({ url }, response) => {
      if (url === '/health/live') response.end();
      else slowly(response);
    });
    const leaving = createServer((_request, response) => {
      leaving.close();
      slowly(response);
    });
    const stages = await Promise.all([busy, leaving].map((server) => Stage.before(server)));
    const asked = stages.map(async (stage) => (await stage.ask({ method: 'POST' })).text());
    expect(await Promise.all(asked)).toEqual(['fine', 'fine']);
    await Promise.all(stages.map((stage) => stage.close()));
  });

  it('answers without a body, lets it go each time', async () => {
    const statuses = [204, 304, 200, 500];
    let asked = 0;
    const server = createServer((_request, response) => response.writeHead(statuses[asked++ % 4] as number).end());
    const stage = await Stage.before(server);
    // Clients that are gone as soon as they are answered.
    for (let n = 0; n < 1_100; n += 100) {
      const method = n % 200 === 0 ? 'GET' : 'HEAD';
      const all = Array.from({ length: 100 }, () => stage.gateway.app.inject({ method, url: '/notes' }));
      const answers = await Promise.all(all);
      expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set(statuses));
    }
    await stage.close();
  });
});

describe('the gateway, before an app of two instances,', () => {
  /** An instance that tells its name, unless a test has it do something else. */
  class Instance {
    answer: RequestListener = (_request, response) => response.end(this.name);
    readonly asked: string[] = [];
    readonly server: HttpServer;

    constructor(
      private readonly name: string,
      private readonly port: number,
    ) {
      this.server = createServer((request, response) => {
        this.asked.push(`${request.method}`);
        this.answer(request, response);
      });
    }

    get url(): string {
      return `http://127.0.0.1:${this.port}`;
    }

    live(): Promise<void> {
      return listening(this.server, this.port);
    }

    die(): Promise<void> {
      return new Promise((resolve) => {
        this.server.close(() => resolve());
        this.server.closeAllConnections();
      });
    }
  }

  let one: Instance;
  let two: Instance;
  let stage: Stage;

  const gatewayTo = async (...addresses: string[]) => {
    await stage.gateway.app.close();
    stage = await Stage.at(addresses, [one.server, two.server]);
  };
  beforeEach(async () => {
    one = new Instance('one', await freePort());
    two = new Instance('two', await freePort());
    await Promise.all([one.live(), two.live()]);
    stage = await Stage.at([one.url, two.url], [one.server, two.server]);
  });
  afterEach(() => stage.close());

  /** Who answers, one request after the other. */
  const answers = async (...methods: string[]) => {
    const texts: string[] = [];
    for (const method of methods) texts.push(await (await stage.ask({ method })).text());
    return texts;
  };
  const FEW = ['GET', 'GET', 'POST', 'POST', 'GET', 'POST', 'POST', 'GET'];
  const fromTwo = FEW.map(() => 'two');

  it('has them take turns', async () => {
    expect(await answers(...FEW)).toEqual(FEW.map((_, n) => ['one', 'two'][n % 2]));
  });

  it('goes on with one that answers while the other hangs', async () => {
    one.answer = () => undefined;
    const hanging = stage.ask().catch(() => undefined);
    await until(() => one.asked.length === 1);
    expect(await answers(...FEW)).toEqual(fromTwo);
    await one.die();
    await hanging;
  });

  it('has all answered by the other when one is dead, what may not be repeated too', async () => {
    await one.die();
    expect(await answers(...FEW)).toEqual(fromTwo);
  });

  it('has all answered by the other when one dies whose connections are kept', async () => {
    await Promise.all(Array.from({ length: 20 }, async () => (await stage.ask()).text()));
    await one.die();
    expect(await answers(...FEW)).toEqual(fromTwo);
  });

  it('asks one again that returns', async () => {
    await one.die();
    expect(await answers(...FEW)).toEqual(fromTwo);
    await one.live();
    while (!(await answers('GET')).includes('one'));
    expect(new Set(await answers(...FEW))).toEqual(new Set(['one', 'two']));
  });

  it('goes on with the other when one gives no sign of life, and comes back to it when it does', async () => {
    one.answer = () => undefined;
    const timed = async (method: string) => {
      const started = performance.now();
      const { status, headers } = await stage.ask({ method });
      return { status, retryAfter: headers.get('retry-after'), isLong: performance.now() - started > 2 * SILENT_FOR };
    };
    const done = { status: 200, retryAfter: null, isLong: false };
    const first = [timed('POST'), timed('POST'), timed('GET'), timed('GET')];
    // What may have been done is not done again.
    expect(await Promise.all(first)).toEqual([{ status: 503, retryAfter: '2', isLong: false }, done, done, done]);
    const more = await Promise.all([...FEW, ...FEW].map((method) => timed(method)));
    expect(new Set(more.map((each) => JSON.stringify(each)))).toEqual(new Set([JSON.stringify(done)]));
    expect(one.asked.filter((method) => method === 'POST')).toHaveLength(1);
    one.answer = (_request, response) => response.end('one');
    while (!(await answers('GET')).includes('one'));
    expect(await answers('POST', 'POST')).toContain('one');
  });

  it('asks no other what may have been done already', async () => {
    one.answer = ({ socket }) => socket.destroy();
    const statuses = [(await stage.ask({ method: 'POST' })).status, (await stage.ask({ method: 'POST' })).status];
    expect(statuses).toEqual([503, 200]);
    expect([one.asked, two.asked]).toEqual([['POST'], ['POST']]);
  });

  it('answers 503 when both are dead, and asks them all the same, so that the first to return is found', async () => {
    await Promise.all([one.die(), two.die()]);
    for (const method of ['GET', 'POST', 'GET']) {
      const refused = await stage.ask({ method });
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBe('2');
    }
    await two.live();
    expect(await answers('POST')).toEqual(['two']);
  });

  it('keeps to the connections of one', async () => {
    for (const each of [one, two]) each.answer = (_request, response) => setTimeout(() => response.end('fine'), 200);
    const texts = await Promise.all(Array.from({ length: 400 }, async () => (await stage.ask()).text()));
    expect(new Set(texts)).toEqual(new Set(['fine']));
    expect(stage.most).toBeGreaterThan(20);
    expect(stage.most).toBeLessThanOrEqual(128);
  });

  it('passes by one that speaks no TLS where it should', async () => {
    await gatewayTo(one.url.replace('http:', 'https:'), two.url);
    expect(await answers(...FEW)).toEqual(fromTwo);
  });

  it('does not have every request wait for one that lets nobody in', async () => {
    await using full = await FullHouse.open();
    await gatewayTo(full.url, two.url);
    const times = async (requests: number) =>
      Promise.all(
        Array.from({ length: requests }, async () => {
          const started = performance.now();
          expect(await answers('POST')).toEqual(['two']);
          return performance.now() - started;
        }),
      );
    const waited = (all: number[]) => all.filter((time) => time > 900).length;
    // Nobody knows of it yet, and half of them come to know.
    expect(waited(await times(20))).toBeGreaterThan(0);
    const started = performance.now();
    for (const _ of Array.from({ length: 20 })) await times(1);
    // Ten seconds if each turn of it were waited for.
    expect(performance.now() - started).toBeLessThan(5_000);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect(waited(await times(20))).toBeLessThan(5);
  });

  describe('says that the app', () => {
    const ready = async () => {
      const health = await (await fetch(`${stage.gateway.url}/health/ready`)).json();
      return (health as { apps: { depot: { status: string } } }).apps.depot.status;
    };
    const unready: RequestListener = (_request, response) => response.writeHead(503).end();

    it('is ready when either is', async () => {
      expect(await ready()).toBe('ready');
      one.answer = unready;
      for (let n = 0; n < 4; n++) expect(await ready()).toBe('ready');
      await one.die();
      expect(await ready()).toBe('ready');
    });

    it('is not ready when neither is', async () => {
      one.answer = unready;
      two.answer = unready;
      expect(await ready()).toBe('not-ready');
      await one.die();
      expect(await ready()).toBe('not-ready');
    });

    it('is ready without waiting for one that hangs, which nothing is left with', async () => {
      const left = new Set<ServerResponse>();
      one.answer = (_request, response) => left.add(response.once('close', () => left.delete(response)));
      const started = performance.now();
      for (let n = 0; n < 4; n++) expect(await ready()).toBe('ready');
      await until(() => left.size === 0);
      expect(performance.now() - started).toBeLessThan(LONG / 2);
      expect(one.asked).toHaveLength(4);
    });
  });
});

/** Listens, and as many are waiting to be let in as find room: whoever comes now is not even told to go. */
class FullHouse implements AsyncDisposable {
  private constructor(
    readonly url: string,
    private readonly door: Worker,
    private readonly waiting: readonly Socket[],
  ) {}

  static async open(): Promise<FullHouse> {
    const door = new Worker(
      `const { parentPort } = require('node:worker_threads');
       const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
         parentPort.postMessage(server.address().port);
         Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
       });`,
      { eval: true },
    );
    const port = await new Promise<number>((resolve) => door.once('message', resolve));
    const waiting: Socket[] = [];
    for (let isFull = false; !isFull; ) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      waiting.push(socket);
      isFull = await Promise.race([
        new Promise<boolean>((resolve) => socket.once('connect', () => resolve(false))),
        new Promise<boolean>((resolve) => setTimeout(resolve, 500, true)),
      ]);
    }
    return new FullHouse(`http://127.0.0.1:${port}`, door, waiting);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.waiting) socket.destroy();
    await this.door.terminate();
  }
}
