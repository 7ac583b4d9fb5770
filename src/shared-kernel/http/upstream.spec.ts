import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Post } from '@nestjs/common';
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

/** A gateway before an app of which the test decides every byte. */
class Stage {
  readonly connections = new Set<Socket>();
  most = 0;

  private constructor(
    private readonly server: Server,
    readonly gateway: Listening,
  ) {}

  static async before(server: Server, deadline = LONG): Promise<Stage> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const placement = placementOf({ shop: [], depot: ['notes'] }, { depot: `http://127.0.0.1:${portOf(server)}` });
    const forwarding = { placement, self: 'shop', modules: [moduleOf('notes', Notes)], deadline };
    const stage = new Stage(server, await listen(kernelAlone(), forwarding));
    server.on('connection', (socket: Socket) => {
      stage.connections.add(socket);
      stage.most = Math.max(stage.most, stage.connections.size);
      socket.on('error', () => undefined).once('close', () => stage.connections.delete(socket));
    });
    return stage;
  }

  ask(init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.gateway.url}/notes`, init);
  }

  async close(): Promise<void> {
    await this.gateway.app.close();
    for (const socket of this.connections) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

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
    expect(await problem(stage.ask())).toMatchObject({ status: 504, title: 'Gateway Timeout' });
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
    answer = (_request, response) => setTimeout(() => response.end('fine'), 20);
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
    const stage = await Stage.before(createTcpServer(), 5_000);
    const all = Array.from({ length: 1_010 }, () => stage.gateway.app.inject('/notes'));
    const statuses = (await Promise.all(all)).map(({ statusCode }) => statusCode);
    expect(statuses.filter((status) => status === 504)).toHaveLength(1_000);
    expect(statuses.filter((status) => status === 503)).toHaveLength(10);
    await stage.close();
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
