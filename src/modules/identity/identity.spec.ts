import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import pg from 'pg';
import { type Scenario, startScenario } from '#test/scenario';
import { IdentityModule } from './identity.module.js';

const ADMIN = { email: 'boss@shop.example', password: 'the boss has a long one' };
const PASSWORD = 'correct horse battery';
const admin = { ...ADMIN, onlyIfNone: false, made: () => undefined };

describe('identity', () => {
  let scenario: Scenario;
  let adminToken: string;

  const register = (email: string, headers: Record<string, string> = {}, password = PASSWORD) =>
    scenario.request('POST', '/identity/customers', { body: { email, password, name: ' Ada Lovelace ' }, headers });
  const hire = (email: string, roles: string[], token = adminToken) =>
    scenario.request('POST', '/identity/staff', { token, body: { email, password: PASSWORD, name: 'Sam', roles } });
  const signIn = (email: string, password = PASSWORD) =>
    scenario.request('POST', '/identity/sessions', { body: { email, password } });
  const tokenOf = async (email: string, password = PASSWORD) =>
    (await signIn(email, password)).body.accessToken as string;
  const me = (token: string) => scenario.request('GET', '/identity/me', { token });

  beforeAll(async () => {
    scenario = await startScenario([IdentityModule], { settings: { identity: { admin } } });
    adminToken = await tokenOf(ADMIN.email, ADMIN.password);
  });
  afterAll(() => scenario.close());

  describe('registering a customer', () => {
    it('answers who they are, with the address in one spelling and the name without blanks around it', async () => {
      const { status, body } = await register('Ada@Example.org');
      expect(status).toBe(201);
      expect(body).toEqual({ id: expect.any(String), email: 'ada@example.org', name: 'Ada Lovelace' });
    });

    it('refuses an address that is taken, in whatever case', async () => {
      await register('twice@example.org');
      const { status, body } = await register('TWICE@example.org');
      expect(status).toBe(409);
      expect(body).toMatchObject({ type: 'urn:problem:email-taken', errors: [{ field: 'email' }] });
    });

    it('does it once under one Idempotency-Key', async () => {
      const key = { 'idempotency-key': 'customer-17850' };
      const first = await register('once@example.org', key);
      const again = await register('once@example.org', key);
      const other = await register('other@example.org', key);
      expect(again.status).toBe(201);
      expect(again.body).toEqual(first.body);
      expect(other.status).toBe(409);
    });

    it.each([
      ['email', { email: 'no address' }],
      ['email', { email: `${'a'.repeat(250)}@example.org` }],
      ['password', { password: 'eleven char' }],
      ['password', { password: 'x'.repeat(201) }],
      ['name', { name: '   ' }],
      ['name', { name: 'x'.repeat(201) }],
      ['roles', { roles: ['admin'] }],
    ])('refuses a wrong %s', async (field, wrong) => {
      const body = { email: 'sound@example.org', password: PASSWORD, name: 'Ada', ...wrong };
      const answer = await scenario.request('POST', '/identity/customers', { body });
      expect(answer.status).toBe(422);
      expect(JSON.stringify(answer.body.errors)).toContain(field);
    });

    it('leaves connections to others while a crowd waits for its passwords to be hashed', async () => {
      const crowd = Array.from({ length: 180 }, (_, n) =>
        register(`crowd-${n}@example.org`, n < 150 ? {} : { 'idempotency-key': `crowd-${n}` }),
      );
      const readiness: number[] = [];
      const everybody = Promise.all(crowd);
      for (let waiting = true; waiting; ) {
        readiness.push((await scenario.request('GET', '/health/ready')).status);
        waiting = await Promise.race([everybody.then(() => false), sleep(100, true)]);
      }
      expect(new Set((await everybody).map(({ status }) => status))).toEqual(new Set([201]));
      expect(new Set(readiness)).toEqual(new Set([200]));
    });

    it('keeps nothing of the password but its argon2id hash', async () => {
      await register('secret@example.org', { 'idempotency-key': 'secret' }, 'hunter2 hunter2 hunter2');
      const kept = await everythingIn(scenario.databaseUrl);
      expect(kept).not.toContain('hunter2');
      expect(kept).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    });
  });

  describe('signing in', () => {
    it('gives a token of 15 minutes that names the account and its roles', async () => {
      const { body: customer } = await register('grace@example.org');
      const { status, body, headers } = await signIn('Grace@Example.org');
      expect(status).toBe(201);
      expect(body).toEqual({ accessToken: expect.any(String), expiresIn: 900, tokenType: 'Bearer' });
      expect(headers.get('cache-control')).toBe('no-store');
      const claims = decodeJwt(body.accessToken as string);
      expect(claims).toMatchObject({ iss: 'seamline', aud: 'seamline', sub: customer.id, roles: ['customer'] });
      expect(claims.jti).toEqual(expect.any(String));
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(900);
      expect((await me(body.accessToken as string)).body).toEqual({ ...customer, roles: ['customer'] });
    });

    it('answers an unknown address and a wrong password alike', async () => {
      await register('known@example.org');
      const wrong = await signIn('known@example.org', 'not the password');
      const unknown = await signIn('nobody@example.org', 'not the password');
      expect(wrong.status).toBe(401);
      expect({ ...unknown.body, correlationId: '' }).toEqual({ ...wrong.body, correlationId: '' });
    });

    it('takes a password however the keyboard composed it', async () => {
      await register('accents@example.org', {}, 'caf\u00e9 caf\u00e9 caf\u00e9');
      expect((await signIn('accents@example.org', 'cafe\u0301 cafe\u0301 cafe\u0301')).status).toBe(201);
    });

    it.each(['locked@example.org', 'not-there@example.org'])('is closed to %s after ten failures', async (email) => {
      if (email.startsWith('locked')) await register(email);
      const guesses = await Promise.all(Array.from({ length: 12 }, (_, guess) => signIn(email, `guess ${guess}`)));
      expect(guesses.filter(({ status }) => status === 401)).toHaveLength(10);
      expect(guesses.filter(({ status }) => status === 429)).toHaveLength(2);
      const right = await signIn(email.toUpperCase());
      expect(right.status).toBe(429);
      expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(800);
      expect(right.body.type).toBe('urn:problem:too-many-sign-ins');
    });

    it('forgives the failures of an account once it succeeds', async () => {
      await register('clumsy@example.org');
      const fail = (times: number) =>
        Promise.all(Array.from({ length: times }, () => signIn('clumsy@example.org', 'a wrong one')));
      await fail(8);
      expect((await signIn('clumsy@example.org')).status).toBe(201);
      await fail(3);
      expect((await signIn('clumsy@example.org')).status).toBe(201);
    });
  });

  describe('staff', () => {
    it('is hired by an administrator, who may do all that sales may', async () => {
      const sales = await hire('sales@shop.example', ['sales']);
      expect(sales.status).toBe(201);
      expect(sales.body).toEqual({
        id: expect.any(String),
        email: 'sales@shop.example',
        name: 'Sam',
        roles: ['sales'],
      });
      await hire('second@shop.example', ['admin']);
      const token = await tokenOf('second@shop.example');
      expect(decodeJwt(token).roles).toEqual(['admin', 'sales']);
      expect((await hire('third@shop.example', ['sales'], token)).status).toBe(201);
    });

    it('has one address with customers', async () => {
      await register('mixed@example.org');
      expect((await hire('Mixed@example.org', ['sales'])).status).toBe(409);
    });

    it('is hired for at least one role of staff', async () => {
      expect((await hire('none@shop.example', [])).status).toBe(422);
      expect((await hire('odd@shop.example', ['customer'])).status).toBe(422);
    });

    it('is not hired by sales, customers or strangers', async () => {
      await hire('clerk@shop.example', ['sales']);
      await register('buyer@example.org');
      expect((await hire('x@shop.example', ['admin'], await tokenOf('clerk@shop.example'))).status).toBe(403);
      expect((await hire('x@shop.example', ['admin'], await tokenOf('buyer@example.org'))).status).toBe(403);
      expect((await scenario.request('POST', '/identity/staff', { body: {} })).status).toBe(401);
    });
  });

  describe('the list of customers', () => {
    const list = (query: string, token = adminToken) =>
      scenario.request<{ items: { id: string; email: string }[]; next: string | null }>(
        'GET',
        `/identity/customers?${query}`,
        { token },
      );

    it('is for staff', async () => {
      await register('curious@example.org');
      await hire('reader@shop.example', ['sales']);
      expect((await list('', await tokenOf('curious@example.org'))).status).toBe(403);
      expect((await list('', await tokenOf('reader@shop.example'))).status).toBe(200);
    });

    it('finds a customer by the address, in whatever case, and no staff', async () => {
      const { body } = await register('found@example.org');
      expect((await list('email=FOUND%40example.org')).body).toEqual({ items: [body], next: null });
      expect((await list(`email=${ADMIN.email}`)).body.items).toEqual([]);
    });

    it('comes in pages, each customer once, in the order they came', async () => {
      for (const name of ['p1', 'p2', 'p3']) await register(`${name}@pages.example`);
      const all = (await list('limit=200')).body.items;
      const paged: typeof all = [];
      for (let after = ''; ; ) {
        const { body } = await list(`limit=2${after}`);
        paged.push(...body.items);
        if (body.next === null) break;
        after = `&after=${body.next}`;
      }
      expect(paged).toEqual(all);
      expect(all.map(({ email }) => email).filter((email) => email.endsWith('pages.example'))).toEqual([
        'p1@pages.example',
        'p2@pages.example',
        'p3@pages.example',
      ]);
    });

    it.each(['after=x', 'limit=0', 'limit=201', 'email=', 'sort=name'])('refuses %s', async (query) => {
      expect((await list(query)).status).toBe(422);
    });
  });

  describe('a token', () => {
    const keysUrl = () => new URL(`${scenario.url}/.well-known/jwks.json`);
    const claims = () => ({ ...decodeJwt(adminToken), exp: Math.floor(Date.now() / 1000) + 900 });
    const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

    it('verifies against the published keys, with nothing else known', async () => {
      const { payload, protectedHeader } = await jwtVerify(adminToken, createRemoteJWKSet(keysUrl()), {
        issuer: 'seamline',
        audience: 'seamline',
      });
      expect(payload.roles).toEqual(['admin', 'sales']);
      expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
    });

    it('comes of a key whose public part alone is published, for caches too', async () => {
      const { body, headers } = await scenario.request<{ keys: object[] }>('GET', '/.well-known/jwks.json');
      expect(body.keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
      expect(headers.get('cache-control')).toMatch(/max-age=[1-9]/);
    });

    it('is refused when another key signed it, under our key id or its own', async () => {
      const { privateKey } = await generateKeyPair('ES256');
      for (const kid of [decodeProtectedHeader(adminToken).kid ?? '', 'another']) {
        const forged = await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
        expect((await me(forged)).status).toBe(401);
      }
    });

    it('is refused when its words were changed, it says alg none, or the public key was used as a secret', async () => {
      const [head, , signature] = adminToken.split('.');
      const { kid } = decodeProtectedHeader(adminToken);
      const body = base64(claims());
      const secret = JSON.stringify((await scenario.request('GET', '/.well-known/jwks.json')).body);
      const hmac = `${base64({ alg: 'HS256', kid })}.${body}`;
      const forged = [
        `${head}.${body}.${signature}`,
        `${base64({ alg: 'none', kid })}.${body}.`,
        `${hmac}.${createHmac('sha256', secret).update(hmac).digest('base64url')}`,
      ];
      for (const token of forged) expect((await me(token)).status).toBe(401);
    });

    it('is refused once it has expired', async () => {
      const past = Math.floor(Date.now() / 1000) - 60;
      const expired = await signedByTheShop(scenario.databaseUrl, { ...claims(), exp: past });
      const fresh = await signedByTheShop(scenario.databaseUrl, claims());
      expect((await me(fresh)).status).toBe(200);
      expect((await me(expired)).status).toBe(401);
    });

    it('that names no account of ours is refused', async () => {
      for (const sub of ['nobody', '0190b8d4-0000-7000-8000-000000000000'])
        expect((await me(await signedByTheShop(scenario.databaseUrl, { ...claims(), sub }))).status).toBe(401);
    });
  });

  it('takes 600 attempts a minute from one network to sign in, and no more', async () => {
    await register('hammered@example.org');
    await Promise.all(Array.from({ length: 10 }, () => signIn('hammered@example.org', 'a wrong one')));
    expect((await signIn(ADMIN.email, ADMIN.password)).status).toBe(201);
    const isClosedAfter = async (attempts: number) => {
      await Promise.all(Array.from({ length: attempts }, () => signIn('hammered@example.org')));
      return (await signIn(ADMIN.email, ADMIN.password)).status === 429;
    };
    // A minute may have ended amid the first of them.
    expect((await isClosedAfter(600)) || (await isClosedAfter(600))).toBe(true);
  });

  it('takes 600 registrations a minute from one network, and no more', async () => {
    const invalid = () => scenario.request('POST', '/identity/customers', { body: {} });
    const afterMany = async () => {
      const many = await Promise.all(Array.from({ length: 700 }, invalid));
      return { many, refused: await register('one-more@example.org') };
    };
    const first = await afterMany();
    // A minute may have ended amid the first of them.
    const { many, refused } = first.refused.status === 429 ? first : await afterMany();
    expect(many.filter(({ status }) => status === 422).length).toBeLessThanOrEqual(600);
    expect(refused.status).toBe(429);
    expect(refused.body.type).toBe('urn:problem:too-many-registrations');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('still hires staff while strangers may not register', async () => {
    expect((await hire('quiet@shop.example', ['sales'])).status).toBe(201);
  });

  // Counts are forgotten too: this comes after the tests above, which used up this minute's attempts.
  it('knows its key, its accounts and its administrator after a restart', async () => {
    await hire('faithful@shop.example', ['sales']);
    const keys = (await scenario.request('GET', '/.well-known/jwks.json')).body;
    await scenario.restart();
    expect((await scenario.request('GET', '/.well-known/jwks.json')).body).toEqual(keys);
    expect((await me(adminToken)).status).toBe(200);
    expect((await signIn('faithful@shop.example')).status).toBe(201);
    expect((await signIn(ADMIN.email, ADMIN.password)).status).toBe(201);
  });
});

async function everythingIn(databaseUrl: string): Promise<string> {
  return withClient(databaseUrl, async (client) => {
    const { rows: tables } = await client.query(`select tablename from pg_tables where schemaname = 'identity'`);
    const contents = [];
    for (const { tablename } of tables)
      contents.push((await client.query(`select * from identity.${pg.escapeIdentifier(tablename)}`)).rows);
    return JSON.stringify(contents);
  });
}

/** A token of these claims, signed with the key that the shop itself uses. */
async function signedByTheShop(databaseUrl: string, claims: Record<string, unknown>): Promise<string> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query('select kid, private_jwk from identity.signing_key');
    const { kid, private_jwk } = rows[0];
    return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(private_jwk);
  });
}

async function withClient<Result>(databaseUrl: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
