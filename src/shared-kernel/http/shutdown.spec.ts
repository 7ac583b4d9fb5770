import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Public } from './access.js';
import { createHttpApp } from './create-http-app.js';

let finish: (body: string) => void;
let destroyed: boolean;

@Public()
@Controller()
class Slow {
  @Get('slow')
  async slow() {
    const body = await new Promise<string>((resolve) => {
      finish = resolve;
    });
    return { body, destroyed };
  }

  @Get('fast')
  fast() {
    return {};
  }
}

@Injectable()
class Resource implements OnModuleDestroy {
  onModuleDestroy() {
    destroyed = true;
  }
}

@Module({ controllers: [Slow], providers: [Resource] })
class SlowModule {}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('shutting down', () => {
  let app: NestFastifyApplication;
  let origin: string;

  beforeEach(async () => {
    destroyed = false;
    finish = undefined as never;
    const settings = { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'test', audience: 'test' };
    const api = { title: 'Slow', description: 'slow', version: '1' };
    app = await createHttpApp(SlowModule, { settings, api, logLevel: 'silent' });
    await app.listen(0, '127.0.0.1');
    origin = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
  });
  afterEach(() => app.close());

  it('answers what is under way before it takes anything apart, and takes no new connection', async () => {
    const underWay = fetch(`${origin}/slow`);
    await until(() => finish !== undefined);
    const closing = app.close();
    await until(() => !app.getHttpServer().listening);
    await expect(fetch(`${origin}/fast`)).rejects.toThrow();
    finish('done');
    expect(await (await underWay).json()).toEqual({ body: 'done', destroyed: false });
    await closing;
    expect(destroyed).toBe(true);
  });

  it('lets idle connections go at once', async () => {
    const agent = new Agent({ keepAlive: true });
    await new Promise((resolve) => get(`${origin}/fast`, { agent }, (answer) => answer.resume().on('end', resolve)));
    const silent = connect(Number(new URL(origin).port), '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const started = Date.now();
    await app.close();
    // It would wait three seconds for a request under way.
    expect(Date.now() - started).toBeLessThan(2_800);
    agent.destroy();
    silent.destroy();
  });

  it('waits three seconds for what does not end, no longer', async () => {
    const underWay = fetch(`${origin}/slow`).catch(() => 'cut off');
    await until(() => finish !== undefined);
    const started = Date.now();
    await app.close();
    expect(Date.now() - started).toBeGreaterThan(2_900);
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(await underWay).toBe('cut off');
    finish('too late');
  });

  it('is not ready from the first moment', async () => {
    expect((await fetch(`${origin}/health/ready`)).status).toBe(200);
    // Given: one connection with a request under way and the next already sent behind it
    const accepted = once(app.getHttpServer(), 'connection') as Promise<[Socket]>;
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    const [atServer] = await accepted;
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk;
    });
    socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => finish !== undefined);
    const closing = app.close();
    socket.write('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => atServer.bytesRead === socket.bytesWritten);
    finish('done');
    await closing;
    await until(() => socket.destroyed || received.includes('not-ready'));
    expect(received).toContain('HTTP/1.1 503');
    expect(received).toContain('"status":"not-ready"');
    socket.destroy();
  });
});
