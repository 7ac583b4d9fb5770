import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Controller, Get, Module, Post } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { generateKeyPair } from 'jose';
import { TestTokens } from '#test/test-tokens';
import { waitUntil } from '#test/until';
import { Allow, CurrentPrincipal, ownerUnless, Public } from './access.js';
import { createHttpApp } from './create-http-app.js';
import type { HttpSettings, Principal } from './tokens.js';

@Controller('rooms')
class Rooms {
  @Public()
  @Get('lobby')
  lobby() {
    return { room: 'lobby' };
  }

  @Get('mine')
  mine(@CurrentPrincipal() principal: Principal) {
    return principal;
  }

  @Post('mine')
  claim() {
    return {};
  }

  @Allow('keeper', 'owner')
  @Get('vault')
  vault() {
    return { room: 'vault' };
  }
}

@Module({ controllers: [Rooms] })
class RoomsModule {}

async function appWith(settings: HttpSettings): Promise<NestFastifyApplication> {
  const api = { title: 'Rooms', description: 'rooms', version: '1' };
  const app = await createHttpApp(RoomsModule, { settings, api, logLevel: 'silent' });
  return app.init();
}

const now = () => Math.floor(Date.now() / 1000);
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('access to routes', () => {
  let tokens: TestTokens;
  let app: NestFastifyApplication;
  const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });

  beforeAll(async () => {
    tokens = await TestTokens.start();
    app = await appWith(tokens.settings);
  });
  afterAll(async () => {
    await app.close();
    await tokens[Symbol.asyncDispose]();
  });

  it('lets anyone into a public route', async () => {
    expect((await get('/rooms/lobby')).statusCode).toBe(200);
  });

  it('is closed to anonymous callers where a route says nothing', async () => {
    const answer = await get('/rooms/mine');
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.json().type).toBe('urn:problem:unauthorized');
  });

  it('says nothing of what a route would take to whoever may not use it', async () => {
    const post = async (headers: Record<string, string>) => {
      const said = { ...headers, 'content-type': 'text/plain' };
      return (await app.inject({ method: 'POST', url: '/rooms/mine', payload: 'a', headers: said })).statusCode;
    };
    expect(await post({})).toBe(401);
    expect(await post(await tokens.of('anna', 'keeper'))).toBe(415);
  });

  it('tells the route who is asking', async () => {
    const answer = await get('/rooms/mine', await tokens.of('anna', 'keeper'));
    expect(answer.json()).toEqual({ id: 'anna', roles: ['keeper'] });
  });

  it('lets in whoever has one of the roles, and nobody else', async () => {
    expect((await get('/rooms/vault', await tokens.of('anna', 'keeper'))).statusCode).toBe(200);
    const refused = await get('/rooms/vault', await tokens.of('bert', 'guest'));
    expect(refused.statusCode).toBe(403);
    expect(refused.json()).toMatchObject({
      type: 'urn:problem:forbidden',
      detail: 'This is for keeper or owner only.',
    });
  });

  it("shows to whoever has one of the roles what is anybody's, and to others what is their own", () => {
    const principal = { id: 'anna', roles: ['keeper'] };
    expect(ownerUnless(principal, 'owner', 'keeper')).toBeUndefined();
    expect(ownerUnless(principal, 'owner')).toBe('anna');
  });

  describe('refuses a token that', () => {
    const refused = async (token: string) => {
      const answer = await get('/rooms/mine', { authorization: `Bearer ${token}` });
      expect(answer.statusCode).toBe(401);
      return answer.json().detail as string;
    };

    it('has expired', async () => {
      expect(await refused(await tokens.sign({ exp: now() - 60 }))).toContain('expired');
    });

    it('never expires', async () => {
      await refused(await tokens.sign({ exp: undefined }));
    });

    it('is from another issuer, for another audience or about nobody', async () => {
      await refused(await tokens.sign({ iss: 'https://elsewhere.test' }));
      await refused(await tokens.sign({ aud: 'elsewhere' }));
      await refused(await tokens.sign({ sub: undefined }));
      await refused(await tokens.sign({ sub: '' }));
    });

    it('was signed with another key, under our key id or its own', async () => {
      const { privateKey } = await generateKeyPair('EdDSA');
      await refused(await tokens.sign({}, privateKey));
      await refused(await tokens.sign({}, privateKey, 'other'));
    });

    it('was changed after it was signed', async () => {
      const [head, , signature] = (await tokens.sign({ sub: 'bert' })).split('.');
      const payload = base64({
        sub: 'anna',
        roles: ['owner'],
        iss: tokens.settings.issuer,
        aud: 'test',
        exp: now() + 60,
      });
      await refused(`${head}.${payload}.${signature}`);
    });

    it('says alg none, or signs with the public key as if it were a secret', async () => {
      const payload = base64({ sub: 'anna', iss: tokens.settings.issuer, aud: 'test', exp: now() + 60 });
      await refused(`${base64({ alg: 'none', typ: 'JWT' })}.${payload}.`);
      const published = await (await fetch(tokens.url)).text();
      const head = base64({ alg: 'HS256', kid: 'test' });
      const mac = createHmac('sha256', published).update(`${head}.${payload}`).digest('base64url');
      await refused(`${head}.${payload}.${mac}`);
    });

    it('is no token at all', async () => {
      for (const garbage of ['x', 'a.b.c', '..', 'null', '%00', `${'a'.repeat(5000)}`]) await refused(garbage);
      expect((await get('/rooms/mine', { authorization: 'Basic YTpi' })).statusCode).toBe(401);
      expect((await get('/rooms/mine', { authorization: 'Bearer' })).statusCode).toBe(401);
    });
  });

  it('refuses an algorithm that is not on the list, even with a published key', async () => {
    await using rsa = await TestTokens.start('RS256');
    const trusting = await appWith(rsa.settings);
    const answer = await trusting.inject({ url: '/rooms/mine', headers: await rsa.of('anna') });
    await trusting.close();
    expect(answer.statusCode).toBe(401);
  });

  it('answers 503, not 401, while the keys cannot be reached', async () => {
    const closed = await appWith({ ...tokens.settings, jwksUrls: () => ['http://127.0.0.1:1/'] });
    const answer = await closed.inject({ url: '/rooms/mine', headers: await tokens.of('anna') });
    await closed.close();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
  });

  it('needs one of those who publish the keys, and waits for no other', async () => {
    const server = createServer(() => undefined);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const urls = ['http://127.0.0.1:1/', `http://127.0.0.1:${port}/`, tokens.url];
    const trusting = await appWith({ ...tokens.settings, jwksUrls: () => urls });
    const answer = await trusting.inject({ url: '/rooms/mine', headers: await tokens.of('anna') });
    await trusting.close();
    server.closeAllConnections();
    server.close();
    expect(answer.statusCode).toBe(200);
  });

  describe('an hour after the keys were fetched', () => {
    const HOUR = 3_600_000;
    const status = async (app: Awaited<ReturnType<typeof appWith>>, headers: { authorization: string }) =>
      (await app.inject({ url: '/rooms/mine', headers })).statusCode;
    afterEach(() => {
      jest.restoreAllMocks();
    });

    const anHourLater = () => {
      const real = Date.now;
      jest.spyOn(Date, 'now').mockImplementation(() => real() + HOUR);
    };

    it('goes on with them while whoever publishes them is away', async () => {
      const issuer = await TestTokens.start();
      const trusting = await appWith(issuer.settings);
      const headers = await issuer.of('anna');
      expect(await status(trusting, headers)).toBe(200);
      await issuer[Symbol.asyncDispose]();
      anHourLater();
      for (let n = 0; n < 3; n++) expect(await status(trusting, headers)).toBe(200);
      await trusting.close();
    });

    it('hears of one that was withdrawn', async () => {
      await using before = await TestTokens.start();
      await using after = await TestTokens.start();
      let { url } = before;
      const server = createServer(async (_request, response) => {
        response.end(await (await fetch(url)).text());
      });
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const trusting = await appWith({ ...before.settings, jwksUrls: () => [`http://127.0.0.1:${port}/`] });
      const headers = await before.of('anna');
      expect(await status(trusting, headers)).toBe(200);
      url = after.url;
      expect(await status(trusting, headers)).toBe(200);
      anHourLater();
      await waitUntil(async () => (await status(trusting, headers)) === 401, 30_000, 'it is refused');
      await trusting.close();
      server.closeAllConnections();
      server.close();
    });
  });

  it('refuses a malformed token without looking for keys', async () => {
    const closed = await appWith({ ...tokens.settings, jwksUrls: () => ['http://127.0.0.1:1/'] });
    const answer = await closed.inject({ url: '/rooms/mine', headers: { authorization: 'Bearer a.b.c' } });
    await closed.close();
    expect(answer.statusCode).toBe(401);
  });
});
