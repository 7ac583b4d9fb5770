import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Ip,
  Module,
  Param,
  Post,
  Put,
  Query,
  Req,
  type Type,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { freePort } from '#test/transports/ports';
import { DomainError } from '../contract/domain-error.js';
import { currentContext, type TelemetryContext } from '../telemetry/context.js';
import { Public } from './access.js';
import { created } from './answer.js';
import { Returns } from './openapi.js';
import {
  kernelAlone,
  type Listening,
  listen,
  moduleOf,
  onlyRoutesOf,
  placementOf,
  SECRET,
} from './testing/two-apps.js';
import { proofOf } from './through-gateway.js';

const Note = z.strictObject({ text: z.string().max(2_000_000) });

@Public()
@Controller('notes')
class Notes {
  @Post()
  @Returns(201, Note, 'the note')
  write(@Body({ schema: Note }) note: z.infer<typeof Note>) {
    return created({ length: note.text.length, text: note.text.slice(0, 20) }, '/notes/1');
  }

  @Get()
  list(@Query() query: Record<string, unknown>) {
    return { query };
  }

  @Get('seen')
  seen(@Req() { headers }: FastifyRequest, @Ip() ip: string) {
    return { headers, ip, context: currentContext() };
  }

  @Get('large')
  large() {
    return { text: 'ü'.repeat(10_000_000) };
  }

  @Get('refused')
  refused() {
    throw new DomainError('too-many', 'slow-down', 'Ünder way.', { retryAfterSeconds: 9 });
  }

  @Get(':title')
  one(@Param('title') title: string) {
    return { title };
  }

  @Put(':title/tags/:tag')
  tag(@Param() names: object, @Body() body: unknown) {
    return { names, body };
  }

  @Delete(':title')
  @HttpCode(204)
  remove() {}
}

@Public()
@Controller()
class WellKnown {
  @Get('.well-known/notes.json')
  known(@Headers('x-custom') custom: string) {
    return { custom };
  }
}

@Public()
@Controller('pens')
class Pens {
  @Get()
  list() {
    return [];
  }
}

const NotesModule = moduleOf('notes', Notes, WellKnown);
const PensModule = moduleOf('pens', Pens);
const modules = [NotesModule, PensModule];

describe('a module that lives in another app', () => {
  let depot: Listening;
  let shop: Listening;

  beforeAll(async () => {
    const apps = { shop: ['pens'], depot: ['notes'] };
    depot = await listen(onlyRoutesOf(Notes, WellKnown), { placement: placementOf(apps), self: 'depot', modules });
    const placement = placementOf(apps, { depot: depot.url });
    shop = await listen(gatewayWith(Pens), { placement, self: 'shop', modules });
  });
  afterAll(async () => {
    await shop.app.close();
    await depot.app.close();
  });

  const json = { 'content-type': 'application/json' };
  const same = { 'x-correlation-id': 'the-same' };

  it.each<[string, string, RequestInit?]>([
    ['a list', '/notes?search=%C3%BC&limit=1&limit=2&plus=a+b'],
    ['a title of every kind', `/notes/${encodeURIComponent('𝄞 ü / ? # & \\ %')}`],
    ['a title that would lead elsewhere', '/notes/%2e%2e'],
    ['a title with a slash in it', '/notes/..%2F..%2Fpens'],
    ['a broken escape', '/notes/%E0%A4%A'],
    ['a NUL', '/notes/%00'],
    ['an empty title', '/notes/'],
    ['a refusal', '/notes/refused'],
    ['a well-known address', '/.well-known/notes.json', { headers: { 'x-custom': 'Ä' } }],
    ['a head', '/notes/one', { method: 'HEAD' }],
    ['a note', '/notes', { method: 'POST', headers: json, body: '{"text":"𝄞 ü"}' }],
    ['a wrong note', '/notes', { method: 'POST', headers: json, body: '{"text":1,"more":2}' }],
    ['broken JSON', '/notes', { method: 'POST', headers: json, body: '{"text":' }],
    ['an empty body', '/notes', { method: 'POST', headers: json }],
    ['no body', '/notes', { method: 'POST' }],
    ['a body of another kind', '/notes', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'hello' }],
    ['a kind that is none', '/notes', { method: 'POST', headers: { 'content-type': 'nonsense' }, body: 'hello' }],
    ['a prototype', '/notes', { method: 'POST', headers: json, body: '{"text":"a","__proto__":{}}' }],
    ['text of half a character', '/notes', { method: 'POST', headers: json, body: '{"text":"\\ud800"}' }],
    ['two parameters', '/notes/a/tags/b', { method: 'PUT', headers: json, body: '[1]' }],
    ['a removal', '/notes/a', { method: 'DELETE' }],
    ['a removal with a body', '/notes/a', { method: 'DELETE', headers: json, body: '{}' }],
    ['a wrong method', '/notes', { method: 'PATCH', headers: json, body: '{}' }],
    ['a path that no module has', '/notes/a/b/c'],
  ])('answers %s as if it lived here', async (_what, path, init = {}) => {
    const of = async ({ url }: Listening) => {
      const answer = await fetch(url + path, { ...init, headers: { ...same, ...init.headers } });
      const headers = [...answer.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name));
      return { status: answer.status, body: await answer.text(), headers };
    };
    expect(await of(shop)).toEqual(await of(depot));
  });

  const seen = async (url: string, headers: Record<string, string> = {}): Promise<Seen> =>
    (await (await fetch(`${url}/notes/seen`, { headers })).json()) as Seen;
  const post = (url: string, length: number) =>
    fetch(`${url}/notes`, { method: 'POST', headers: json, body: JSON.stringify({ text: 'x'.repeat(length) }) });

  it('has a path taken as it was written', async () => {
    const title = async (path: string) => JSON.parse((await raw(shop.url, get(path))).split('\r\n\r\n')[1] ?? '');
    const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;
    expect(await title('/notes/a\\b')).toEqual({ title: 'a\\b' });
    expect(await title('/notes/%2E')).toEqual({ title: '.' });
    expect(await title('/notes/..')).toEqual({ title: '..' });
    expect(await title('/notes/a|b{c}^`')).toEqual({ title: 'a|b{c}^`' });
  });

  it('takes a body up to the limit, and refuses a longer one, in pieces too', async () => {
    const limit = 1024 * 1024 - '{"text":""}'.length;
    expect((await post(shop.url, limit)).status).toBe(201);
    expect((await post(shop.url, limit + 1)).status).toBe(413);
    const pieces = async function* () {
      yield Buffer.from('{"text":"');
      for (let n = 0; n < 20; n++) yield Buffer.alloc(60_000, 'x');
      yield Buffer.from('"}');
    };
    const chunked = { method: 'POST', headers: json, body: ReadableStream.from(pieces()), duplex: 'half' } as const;
    expect(await (await fetch(`${shop.url}/notes`, chunked)).json()).toMatchObject({ status: 413 });
  });

  it('passes on a large answer whole', async () => {
    const answer = await fetch(`${shop.url}/notes/large`);
    expect(answer.headers.get('content-length')).toBe('20000011');
    expect(((await answer.json()) as { text: string }).text).toBe('ü'.repeat(10_000_000));
  });

  it('carries the correlation id and the trace along', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { 'x-correlation-id': 'mine', traceparent, tracestate: 'a=b' };
    const { context } = await seen(shop.url, headers);
    expect(context).toMatchObject({ correlationId: 'mine', tracestate: 'a=b' });
    expect(context.traceparent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
    expect((await seen(shop.url, { 'x-request-id': 'yours' })).context.correlationId).toBe('yours');
    const without = await seen(shop.url, { 'x-correlation-id': 'ü', tracestate: 'a=b' });
    expect(without.context.correlationId).toMatch(/^[0-9a-f-]{36}$/);
    expect(without.context.tracestate).toBeUndefined();
  });

  it('says itself whom a request comes from, and is believed', async () => {
    const claims = {
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-port': '1',
      forwarded: 'for=1.2.3.4',
      'x-real-ip': '1.2.3.4',
    };
    const { headers, ip } = await seen(shop.url, { ...claims, 'x-seamline-gateway': 'me' });
    expect(ip).toBe('127.0.0.1');
    expect(headers).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': new URL(shop.url).host,
      'x-forwarded-proto': 'http',
      host: new URL(depot.url).host,
    });
    for (const name of ['x-forwarded-port', 'forwarded', 'x-real-ip']) expect(headers[name]).toBeUndefined();
  });

  it('has its address believed by nobody else', async () => {
    const claim = { 'x-forwarded-for': '1.2.3.4' };
    expect((await seen(depot.url, claim)).ip).toBe('127.0.0.1');
    expect((await seen(depot.url, { ...claim, 'x-seamline-gateway': proofOf('another secret') })).ip).toBe('127.0.0.1');
    expect((await seen(depot.url, { ...claim, 'x-seamline-gateway': proofOf(SECRET) })).ip).toBe('1.2.3.4');
  });

  it('keeps to itself what is about one connection', async () => {
    const lines = [
      'Connection: close, X-Mine',
      'X-Mine: 1',
      'X-Yours: 2',
      'Keep-Alive: 9',
      'TE: gzip',
      'Proxy-Authorization: 3',
    ];
    const answer = await raw(shop.url, `GET /notes/seen HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`);
    const { headers } = JSON.parse(answer.split('\r\n\r\n')[1] ?? '') as Seen;
    expect(headers['x-yours']).toBe('2');
    for (const name of ['x-mine', 'keep-alive', 'te', 'proxy-authorization']) expect(headers[name]).toBeUndefined();
  });

  it('is told of beside the modules, and does not count', async () => {
    const answer = await fetch(`${shop.url}/health/ready`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ready', modules: {}, apps: { depot: { status: 'ready' } } });
  });
});

describe('the gateway', () => {
  const apps = { shop: ['pens'], depot: ['notes'] };

  it('answers 503 at once for an app that is down, and serves the rest', async () => {
    const placement = placementOf(apps);
    await using shop = await listen(gatewayWith(Pens), { placement, self: 'shop', modules });
    const started = Date.now();
    const answer = await fetch(`${shop.url}/notes`);
    expect(Date.now() - started).toBeLessThan(10_000);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ type: 'urn:problem:unavailable', status: 503 });
    expect((await fetch(`${shop.url}/pens`)).status).toBe(200);
    const health = await fetch(`${shop.url}/health/ready`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ status: 'ready', apps: { depot: { status: 'not-ready' } } });
  });

  it('answers 503, and never that there is no such thing, where the module lives elsewhere by now', async () => {
    const moved = { shop: ['pens'], depot: [], attic: ['notes'] };
    await using depot = await listen(kernelAlone(), { placement: placementOf(moved), self: 'depot', modules });
    const placement = placementOf(apps, { depot: depot.url });
    await using shop = await listen(gatewayWith(Pens), { placement, self: 'shop', modules });
    const answer = await fetch(`${shop.url}/notes/one`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect((await fetch(`${depot.url}/notes/one`)).status).toBe(404);
    expect((await fetch(`${shop.url}/nothing`)).status).toBe(404);
  });

  it('forwards nothing twice: an address that leads back to it is told', async () => {
    const port = await freePort();
    const placement = placementOf(apps, { depot: `http://127.0.0.1:${port}` });
    await using shop = await listen(gatewayWith(Pens), { placement, self: 'shop', modules }, {}, port);
    const answer = await fetch(`${shop.url}/notes`);
    expect(answer.status).toBe(508);
    expect(((await answer.json()) as { detail: string }).detail).toContain('depot');
  });

  it('is the only one that forwards', async () => {
    await using depot = await listen(onlyRoutesOf(Notes), { placement: placementOf(apps), self: 'depot', modules });
    expect((await fetch(`${depot.url}/pens`)).status).toBe(404);
  });

  it('refuses modules of different apps that share a first segment', async () => {
    @Controller('notes/archive')
    class Archive {
      @Get()
      list() {}
    }
    const all = [NotesModule, PensModule, moduleOf('archive', Archive)];
    const placement = placementOf({ shop: ['pens', 'archive'], depot: ['notes'] });
    await expect(listen(kernelAlone(), { placement, self: 'shop', modules: all })).rejects.toThrow(
      'Both "notes" in the app depot and "archive" in the app shop serve paths below "/notes"',
    );
    const together = placementOf({ shop: ['pens'], depot: ['notes', 'archive'] });
    await using shop = await listen(kernelAlone(), { placement: together, self: 'shop', modules: all });
    expect((await fetch(`${shop.url}/notes/archive`)).status).toBe(503);
  });
});

describe('the OpenAPI document', () => {
  const documentOf = async ({ url }: Listening) => (await fetch(`${url}/openapi.json`)).text();

  it('is the same, byte for byte, wherever the modules live', async () => {
    await using one = await listen(gatewayWith(Notes, WellKnown, Pens));
    const forwarding = (apps: Record<string, string[]>) => ({ placement: placementOf(apps), self: 'shop', modules });
    await using notesOut = await listen(gatewayWith(Pens), forwarding({ shop: ['pens'], depot: ['notes'] }));
    await using pensOut = await listen(gatewayWith(Notes, WellKnown), forwarding({ shop: ['notes'], depot: ['pens'] }));
    await using allOut = await listen(kernelAlone(), forwarding({ shop: [], a: ['notes'], b: ['pens'] }));
    const document = await documentOf(one);
    expect(JSON.parse(document).paths).toHaveProperty(['/notes/{title}/tags/{tag}', 'put']);
    for (const shop of [notesOut, pensOut, allOut]) expect(await documentOf(shop)).toBe(document);
    expect((await fetch(`${notesOut.url}/docs`)).status).toBe(200);
  });
});

interface Seen {
  headers: Record<string, string>;
  ip: string;
  context: TelemetryContext;
}

function gatewayWith(...controllers: Type[]): Type {
  class Gateway {}
  Module({ imports: [kernelAlone()], controllers })(Gateway);
  return Gateway;
}

function raw(url: string, text: string): Promise<string> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}
