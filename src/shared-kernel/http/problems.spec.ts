import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, ConflictException, Controller, Get, Module, Param, Post, Query } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { z } from 'zod';
import { DomainError } from '../contract/domain-error.js';
import { ModuleFenced } from '../persistence/fence.js';
import { Public } from './access.js';
import { accepted, created } from './answer.js';
import { createHttpApp } from './create-http-app.js';
import { pageQuery } from './pagination.js';

const NewParcel = z.strictObject({
  to: z.string().min(1).max(40),
  lines: z.array(z.object({ quantity: z.int().min(1) })).max(500),
});
const Search = z.object({ ...pageQuery, search: z.string().optional() });
const ParcelId = z.string().max(5);

const FAILURES: Record<string, () => Error> = {
  gone: () => new DomainError('not-found', 'unknown-parcel', 'There is no parcel "gone".'),
  sent: () => new DomainError('conflict', 'parcel-sent', 'It has been sent.'),
  odd: () => new DomainError('unprocessable', 'odd', 'Odd.', { errors: [{ field: 'to', message: 'is odd' }] }),
  mine: () => new DomainError('forbidden', 'not-yours', 'It is not yours.'),
  who: () => new DomainError('unauthorized', 'who', 'Who are you?'),
  slow: () => new DomainError('too-many', 'slow-down', 'Too often.', { retryAfterSeconds: 7.2 }),
  nest: () => new ConflictException('Nest says no.'),
  boom: () => Object.assign(new Error('password=hunter2'), { detail: 'Key (email)=(a@b.c)' }),
  odd4: () => Object.assign(new Error('upstream said 404'), { statusCode: 404 }),
  away: () => new Error('query failed', { cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }) }),
  moved: () => new ModuleFenced('parcels'),
};

@Public()
@Controller('parcels')
class Parcels {
  @Post()
  create(@Body({ schema: NewParcel }) { to }: z.infer<typeof NewParcel>) {
    return created({ id: '1', to }, '/parcels/1');
  }

  @Get()
  list(@Query({ schema: Search }) query: z.infer<typeof Search>) {
    return query;
  }

  @Get(':id')
  one(@Param('id', { schema: ParcelId }) id: string) {
    throw (FAILURES[id] ?? FAILURES.gone)?.();
  }

  @Post('batch')
  many() {
    return accepted({ status: 'sent' });
  }

  @Post(':id/dispatch')
  dispatch() {
    return accepted({ status: 'sent' });
  }
}

@Module({ controllers: [Parcels] })
class ParcelsModule {}

describe('the HTTP edge', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const settings = { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'test', audience: 'test' };
    const api = { title: 'Parcels', description: 'parcels', version: '1' };
    app = await createHttpApp(ParcelsModule, { settings, api, logLevel: 'silent' });
    await app.init();
  });
  afterAll(() => app.close());

  const get = (url: string) => app.inject({ url });
  const post = (payload: unknown, url = '/parcels') => app.inject({ method: 'POST', url, payload: payload as object });
  const postText = (payload: string, type = 'application/json') =>
    app.inject({ method: 'POST', url: '/parcels', payload, headers: { 'content-type': type } });

  /** The answer is a problem document, and its status is the answer's. */
  async function problem(answering: Promise<Awaited<ReturnType<typeof get>>>) {
    const answer = await answering;
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.headers['x-correlation-id']).toBe(answer.json().correlationId);
    expect(answer.json()).toMatchObject({
      status: answer.statusCode,
      title: expect.any(String),
      type: expect.any(String),
    });
    return answer.json();
  }

  it('writes the status and location that a route answers with', async () => {
    const answer = await post({ to: 'Anna', lines: [] });
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe('/parcels/1');
    expect(answer.json()).toEqual({ id: '1', to: 'Anna' });
    expect((await post(undefined, '/parcels/1/dispatch')).statusCode).toBe(202);
  });

  describe('turns what a module throws into a problem', () => {
    it.each([
      ['gone', 404, 'urn:problem:unknown-parcel'],
      ['sent', 409, 'urn:problem:parcel-sent'],
      ['odd', 422, 'urn:problem:odd'],
      ['mine', 403, 'urn:problem:not-yours'],
      ['who', 401, 'urn:problem:who'],
      ['slow', 429, 'urn:problem:slow-down'],
      ['nest', 409, 'about:blank'],
    ])('%s: %d %s', async (id, status, type) => {
      expect(await problem(get(`/parcels/${id}`))).toMatchObject({ status, type });
    });

    it('names the fields that a domain error names', async () => {
      expect((await problem(get('/parcels/odd'))).errors).toEqual([{ field: 'to', message: 'is odd' }]);
    });

    it('says in whole seconds when to come back', async () => {
      expect((await get('/parcels/slow')).headers['retry-after']).toBe('8');
    });

    it('tells nothing of an unexpected error', async () => {
      const { status, detail, ...rest } = await problem(get('/parcels/boom'));
      expect(status).toBe(500);
      expect(JSON.stringify({ detail, rest })).not.toMatch(/hunter2|email/);
    });

    it('takes no status from an error of some other library', async () => {
      expect((await problem(get('/parcels/odd4'))).status).toBe(500);
    });

    it.each(['away', 'moved'])('asks for patience while the data is %s', async (id) => {
      expect(await problem(get(`/parcels/${id}`))).toMatchObject({ status: 503, type: 'urn:problem:unavailable' });
      expect((await get(`/parcels/${id}`)).headers['retry-after']).toBe('2');
    });
  });

  describe('holds input to its schema', () => {
    it('names every wrong field of a body', async () => {
      const { status, errors } = await problem(post({ to: '', lines: [{ quantity: 1 }, { quantity: 0 }] }));
      expect(status).toBe(422);
      expect(errors.map((error: { field: string }) => error.field)).toEqual(['to', 'lines[1].quantity']);
    });

    it('names a path parameter and a query parameter', async () => {
      expect((await problem(get('/parcels/toolong'))).errors[0].field).toBe('id');
      expect((await problem(get('/parcels?limit=0'))).errors[0].field).toBe('limit');
      expect((await problem(get('/parcels?limit=1&limit=2'))).errors[0].field).toBe('limit');
    });

    it('refuses an absent body with 422', async () => {
      expect(await problem(post(undefined))).toMatchObject({ status: 422, errors: [{ field: 'body' }] });
      expect(await problem(post(null))).toMatchObject({ status: 422 });
    });

    it('lists no more than a hundred errors', async () => {
      expect((await problem(post({ to: 'a', lines: Array(300).fill({ quantity: 0 }) }))).errors).toHaveLength(100);
    });

    it('reads a page of 50 unless told otherwise, and of 200 at most', async () => {
      expect((await get('/parcels')).json()).toEqual({ limit: 50 });
      expect((await get('/parcels?limit=200&after=x')).json()).toEqual({ limit: 200, after: 'x' });
      for (const limit of ['201', '-1', '1.5', '1e1', '', 'ten', '%20 1'])
        expect((await problem(get(`/parcels?limit=${limit}`))).status).toBe(422);
    });
  });

  describe('refuses text that PostgreSQL cannot hold', () => {
    it.each([
      ['a NUL in a value', { to: 'a\0b', lines: [] }, 'to'],
      ['half a character in a value', { to: '\ud800', lines: [] }, 'to'],
      ['a NUL deep inside', { to: 'a', lines: [{ note: ['\0'] }] }, 'lines[0].note[0]'],
      ['a NUL in the name of a property', { to: 'a', lines: [{ 'a\0': 1 }] }, 'lines[0]'],
      ['a NUL as the whole body', '\0', 'body'],
    ])('%s', async (_what, body, field) => {
      expect(await problem(postText(JSON.stringify(body)))).toMatchObject({ status: 422, errors: [{ field }] });
    });

    it('in a path and in a query', async () => {
      expect(await problem(get('/parcels/%00'))).toMatchObject({ status: 422, errors: [{ field: 'id' }] });
      expect(await problem(get('/parcels?search=%00'))).toMatchObject({ status: 422, errors: [{ field: 'search' }] });
    });

    it('but takes every other character', async () => {
      expect((await post({ to: '𝄞 \u0001 \ufffd ü', lines: [] })).json().to).toBe('𝄞 \u0001 \ufffd ü');
    });
  });

  describe('survives bodies made to hurt', () => {
    it('half a million brackets deep', async () => {
      const depth = 500_000;
      expect((await problem(postText(`${'['.repeat(depth)}${']'.repeat(depth)}`))).status).toBe(422);
      expect((await problem(postText(`${'['.repeat(depth)}"__proto__"${']'.repeat(depth)}`))).status).toBe(422);
      expect((await problem(postText(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`))).status).toBe(422);
    });

    it('with properties that would reach a prototype', async () => {
      expect((await problem(postText('{"to":"a","lines":[],"__proto__":{"x":1}}'))).status).toBe(400);
      expect((await problem(postText('{"to":"a","lines":[],"constructor":{"prototype":{"x":1}}}'))).status).toBe(400);
      expect((await get('/parcels?__proto__=1&search=a')).json()).toEqual({ limit: 50, search: 'a' });
    });

    it('of every other kind, at every path', async () => {
      const text = fc.oneof(
        fc.json(),
        fc.string({ unit: 'binary' }),
        fc.jsonValue().map((value) => JSON.stringify({ to: value, lines: value })),
      );
      const path = fc.oneof(
        fc.webPath(),
        fc.string().map((part) => `/${encodeURIComponent(part.toWellFormed())}`),
      );
      const headers = { 'content-type': 'application/json' };
      await fc.assert(
        fc.asyncProperty(fc.constantFrom('GET', 'POST', 'PUT'), path, text, async (method, suffix, payload) => {
          for (const url of ['/parcels', `/parcels${suffix}`]) {
            const answering = app.inject({ method: method as 'GET', url, headers, payload });
            if ((await answering).statusCode >= 400) expect((await problem(answering)).status).toBeLessThan(500);
          }
        }),
      );
    });

    it('beyond a mebibyte', async () => {
      expect((await problem(post({ to: 'x'.repeat(1024 * 1024), lines: [] }))).status).toBe(413);
    });

    it('that are no JSON, empty, or of another type', async () => {
      for (const text of ['{', '', '{"a":1}}', "{'a':1}", '\ufeff\ufeff{}', 'NaN']) {
        expect((await problem(postText(text))).status).toBe(400);
      }
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'a', '']) {
        const { status, detail } = await problem(postText('to=a', type));
        expect([status, detail]).toEqual([415, expect.stringContaining('Content-Type: application/json')]);
      }
      expect((await postText('to=a', 'text/plain')).headers.accept).toBe('application/json');
      expect((await app.inject({ method: 'POST', url: '/nowhere', payload: 'a' })).statusCode).toBe(404);
    });
  });

  describe('answers what never reached a route', () => {
    it('an unknown path with 404', async () => {
      expect(await problem(get('/nowhere'))).toMatchObject({ status: 404 });
      expect(await problem(get('/parcels/1/2/3'))).toMatchObject({ status: 404 });
    });

    it('a wrong method with 405 and the right ones', async () => {
      const answer = await app.inject({ method: 'PATCH', url: '/parcels/7?x=y' });
      expect(answer.statusCode).toBe(405);
      expect(answer.headers.allow).toBe('GET, HEAD');
      expect((await app.inject({ method: 'OPTIONS', url: '/parcels' })).headers.allow).toBe('GET, HEAD, POST');
    });

    it('a wrong method with those of the path that is named, and not of one that only looks like it', async () => {
      const answer = await app.inject({ method: 'PUT', url: '/parcels/batch' });
      expect([answer.headers.allow, answer.json().detail]).toEqual([
        'POST',
        'PUT is not for this path; POST would be.',
      ]);
    });

    it('a URL that cannot be decoded with 400, and one that is too long with 414', async () => {
      expect((await problem(get('/parcels/%zz'))).status).toBe(400);
      expect((await problem(get('/parcels/%ED%A0%80'))).status).toBe(400);
      const tooLong = await problem(get(`/parcels/${'a'.repeat(2000)}`));
      expect(tooLong.status).toBe(414);
      expect(tooLong.detail.length).toBeLessThanOrEqual(500);
    });
  });

  describe('carries one correlation id through', () => {
    const idFor = async (headers: Record<string, string>) =>
      (await app.inject({ url: '/parcels', headers })).headers['x-correlation-id'];

    it('the caller’s own', async () => {
      expect(await idFor({ 'x-correlation-id': 'order-7' })).toBe('order-7');
      expect(await idFor({ 'x-request-id': 'req-7' })).toBe('req-7');
      expect(await idFor({ 'x-correlation-id': 'order-7', 'x-request-id': 'req-7' })).toBe('order-7');
    });

    it('or a new one where that is no id', async () => {
      const uuidv7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
      expect(await idFor({})).toMatch(uuidv7);
      expect(await idFor({ 'x-correlation-id': 'two words' })).toMatch(uuidv7);
      expect(await idFor({ 'x-correlation-id': 'x'.repeat(129) })).toMatch(uuidv7);
      expect(await idFor({ 'x-correlation-id': 'ä' })).toMatch(uuidv7);
    });
  });

  it('sends headers that keep browsers from guessing', async () => {
    const { headers } = await get('/parcels');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['x-powered-by']).toBeUndefined();
  });
});
