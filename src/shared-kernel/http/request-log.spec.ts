import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Logger, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PinoLogger } from 'nestjs-pino';
import { pino } from 'pino';
import { DatabaseAway } from '../persistence/failures.js';
import { Public } from './access.js';
import { createHttpApp } from './create-http-app.js';

@Public()
@Controller('people')
class People {
  @Get()
  list() {
    new Logger('People').log('listed');
    return [];
  }

  @Get('away')
  away() {
    throw new DatabaseAway('people', new Error('refused'));
  }

  @Post()
  create(@Body() _body: unknown) {
    throw Object.assign(new Error('insert failed'), { code: '23505', detail: 'Key (email)=(anna@example.org)' });
  }
}

@Module({ controllers: [People] })
class PeopleModule {}

describe('what a request leaves in the log', () => {
  let app: NestFastifyApplication;
  const lines: Record<string, unknown>[] = [];

  beforeAll(async () => {
    const settings = { jwksUrls: () => ['http://127.0.0.1:1/'], issuer: 'test', audience: 'test' };
    const api = { title: 'People', description: 'people', version: '1' };
    app = await createHttpApp(PeopleModule, { settings, api, logLevel: 'debug' });
    await app.init();
    const write = (text: string) => lines.push(JSON.parse(text));
    Object.assign(PinoLogger.root, { [pino.symbols.streamSym]: { write } });
  });
  afterAll(() => app.close());

  const linesOf = async (options: Parameters<NestFastifyApplication['inject']>[0] & object) => {
    lines.length = 0;
    await app.inject(options);
    return [...lines];
  };

  it('is one line at debug, with module and trace, for what went well', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const headers = { 'x-correlation-id': 'c1', traceparent };
    const logged = await linesOf({ url: '/people', headers });
    const common = { module: 'people', correlationId: 'c1', traceId: '4bf92f3577b34da6a3ce929d0e0e4736' };
    expect(logged).toMatchObject([
      { ...common, level: 30, context: 'People', msg: 'listed' },
      { ...common, level: 20, msg: 'request', method: 'GET', path: '/people', status: 200 },
    ]);
  });

  it('is a line at info for what was refused, and at error for what broke', async () => {
    expect(await linesOf({ url: '/nowhere' })).toMatchObject([{ level: 30, status: 404 }]);
    expect(await linesOf({ url: '/people/%zz' })).toMatchObject([{ level: 30, status: 400 }]);
    const broken = await linesOf({
      method: 'POST',
      url: '/people',
      payload: {},
      headers: { 'x-correlation-id': 'c2' },
    });
    expect(broken).toMatchObject([
      { level: 50, correlationId: 'c2', err: { message: 'insert failed', code: '23505' } },
      { level: 50, correlationId: 'c2', status: 500 },
    ]);
  });

  it('is two lines at warn, and no stack, where something is away', async () => {
    expect(await linesOf({ url: '/people/away', headers: { 'x-correlation-id': 'c3' } })).toEqual([
      expect.objectContaining({ level: 40, correlationId: 'c3', msg: 'The database of people is away: refused' }),
      expect.objectContaining({ level: 40, correlationId: 'c3', msg: 'request', status: 503 }),
    ]);
    expect(JSON.stringify(lines)).not.toContain('stack');
  });

  it('is nothing secret and nothing personal', async () => {
    const secrets = { authorization: 'Bearer s3cret', cookie: 'sid=s3cret' };
    const logged = [
      ...(await linesOf({ url: '/people?email=anna@example.org', headers: secrets })),
      ...(await linesOf({ url: '/nowhere?email=anna@example.org', headers: secrets })),
      ...(await linesOf({ method: 'POST', url: '/people', headers: secrets, payload: { email: 'anna@example.org' } })),
    ];
    expect(logged.length).toBeGreaterThan(3);
    expect(JSON.stringify(logged)).not.toMatch(/s3cret|anna|127\.0\.0\.1/);
  });
});
