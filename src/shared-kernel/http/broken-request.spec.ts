import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { currentContext } from '../telemetry/context.js';
import { Public } from './access.js';
import { createHttpApp } from './create-http-app.js';

@Public()
@Controller('echo')
class Echo {
  @Post()
  echo(@Body() body: unknown) {
    return { body, correlationId: currentContext()?.correlationId };
  }
}

@Module({ controllers: [Echo] })
class EchoModule {}

describe('bytes on a socket', () => {
  let app: NestFastifyApplication;
  let port: number;

  beforeAll(async () => {
    const settings = { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'test', audience: 'test' };
    const api = { title: 'Echo', description: 'echo', version: '1' };
    app = await createHttpApp(EchoModule, { settings, api, logLevel: 'silent' });
    await app.listen(0, '127.0.0.1');
    port = (app.getHttpServer().address() as AddressInfo).port;
  });
  afterAll(() => app.close());

  const send = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.setEncoding('utf8').on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('error', reject).on('close', () => resolve(answer));
    });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost: x\r\nnonsense\r\n\r\n', 400],
    ['a control character in a header', 'GET / HTTP/1.1\r\nHost: x\r\nA: \u0001\r\n\r\n', 400],
    ['two lengths', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    ['a negative length', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', 400],
    ['a request without a host', 'GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  ])('that are %s are answered with a problem', async (_what, text, status) => {
    const answer = await send(text);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toContain(`HTTP/1.1 ${status} `);
    expect(head).toContain('content-type: application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', status, title: expect.any(String) });
  });

  it('with an expectation nobody knows are answered as if without it', async () => {
    const post = 'POST /echo HTTP/1.1\r\nHost: x\r\nExpect: wine\r\nConnection: close\r\n';
    const answer = await send(`${post}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`);
    expect(answer).toContain('HTTP/1.1 201 ');
  });

  it('that break off into nonsense do not disturb the answer before them', async () => {
    const get = 'GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n';
    const answer = await send(`${get}nonsense\r\n\r\n`);
    expect(answer.match(/^HTTP\/1\.1 /gm)?.length ?? 0).toBeLessThanOrEqual(2);
    expect(answer).not.toMatch(/\}.*HTTP\/1\.1 200/s);
  });

  it('keep their own correlation id when many arrive at once and in pieces', async () => {
    const post = async (id: string) => {
      const body = JSON.stringify({ id, padding: 'x'.repeat(200_000) });
      const headers = { 'content-type': 'application/json', 'x-correlation-id': id };
      const answer = await fetch(`http://127.0.0.1:${port}/echo`, { method: 'POST', headers, body });
      return (await answer.json()) as { body: { id: string }; correlationId: string };
    };
    const ids = Array.from({ length: 20 }, (_, at) => `request-${at}`);
    const answers = await Promise.all(ids.map(post));
    expect(answers.map(({ body }) => body.id)).toEqual(ids);
    expect(answers.map(({ correlationId }) => correlationId)).toEqual(ids);
  });
});
