import { createHmac, createPublicKey, KeyObject, sign as signBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { exchange, Outgoing } from './input/exchange.js';
import { type Operation, pathWith } from './input/operations.js';
import { brokenPromises } from './input/promises.js';
import { secondsFromNow, sign } from './input/signing.js';
import { setStage } from './input/stage.js';

const { shop, api, signer, sales, alice, bob, order, goodsReturn } = await setStage();
const strangers = await generateKeyPair('ES256', { extractable: true });
const [published] = (await shop.request<{ keys: JWK[] }>('GET', '/.well-known/jwks.json')).body.keys as [JWK];

const NOBODYS = '00000000-0000-4000-8000-00000000dead';
const { kid, key } = signer;
const sound = {
  iss: 'seamline',
  aud: 'seamline',
  sub: alice.id,
  roles: ['customer', 'sales', 'admin'],
  exp: secondsFromNow(3_600),
};
const { iss: _iss, ...ofNobody } = sound;
const { aud: _aud, ...forNobody } = sound;
const { sub: _sub, ...aboutNobody } = sound;
const { exp: _exp, ...endless } = sound;

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
/** A token put together by hand, for what no library would sign. */
const forged = (header: object, signature: (input: string) => string | Buffer) => {
  const input = `${base64(header)}.${base64(sound)}`;
  return `${input}.${Buffer.from(signature(input)).toString('base64url')}`;
};
const confused = (alg: 'HS256' | 'HS512', secret: string | Buffer) =>
  forged({ alg, kid }, (input) => createHmac(alg.replace('HS', 'sha'), secret).update(input).digest());
const publicKey = createPublicKey({ key: published as never, format: 'jwk' });
const genuine = await sign(sound, key, { kid });
const [head, , tail] = genuine.split('.');
const theirs = await exportJWK(strangers.publicKey);
const byStrangers = (header: object) => sign(sound, strangers.privateKey, header);

const REFUSED: Record<string, string | Promise<string>> = {
  'signed with another key under our key id': byStrangers({ kid }),
  'signed with another key under a key id of its own': byStrangers({ kid: 'another' }),
  'signed with another key under no key id': byStrangers({}),
  'that brings its own key': byStrangers({ kid, jwk: theirs }),
  'that brings its own key alone': byStrangers({ jwk: theirs }),
  'that says where to fetch its key': byStrangers({ kid, jku: `${shop.url}/catalog/products`, x5u: shop.url }),
  'whose key id is a path': byStrangers({ kid: '../../../../dev/null' }),
  'whose key id is SQL': byStrangers({ kid: "' union select 'x" }),
  'with our key id in another spelling': sign(sound, key, { kid: kid.toUpperCase() }),
  'that ended a minute ago': sign({ ...sound, exp: secondsFromNow(-60) }, key, { kid }),
  'that ended in 1970': sign({ ...sound, exp: 0 }, key, { kid }),
  'that never ends': sign(endless, key, { kid }),
  'whose end is a text': sign({ ...sound, exp: '4102444800' }, key, { kid }),
  'that begins in an hour': sign({ ...sound, nbf: secondsFromNow(3_600) }, key, { kid }),
  'of another issuer': sign({ ...sound, iss: 'https://elsewhere.example' }, key, { kid }),
  'of no issuer': sign(ofNobody, key, { kid }),
  'for another audience': sign({ ...sound, aud: 'elsewhere' }, key, { kid }),
  'for no audience': sign(forNobody, key, { kid }),
  'about nobody': sign(aboutNobody, key, { kid }),
  'about nobody by an empty name': sign({ ...sound, sub: '' }, key, { kid }),
  'with an extension that must be understood': forged({ alg: 'ES256', kid, crit: ['x'], x: 1 }, () => 'x'),
  'with alg none': forged({ alg: 'none', typ: 'JWT' }, () => ''),
  'with alg None': forged({ alg: 'None', kid }, () => ''),
  'with alg none, and our signature': `${base64({ alg: 'none', kid })}.${base64(sound)}.${tail}`,
  'without alg': forged({ kid }, () => 'x'),
  'with the public key as a secret, in PEM': confused('HS256', publicKey.export({ type: 'spki', format: 'pem' })),
  'with the public key as a secret, in DER': confused('HS256', publicKey.export({ type: 'spki', format: 'der' })),
  'with the public key as a secret, as published': confused('HS256', JSON.stringify(published)),
  'with the public key as a secret, in raw bytes': confused('HS512', Buffer.from(published.x ?? '', 'base64url')),
  'with an empty secret': confused('HS256', ''),
  'with a signature of zeros': forged({ alg: 'ES256', kid }, () => Buffer.alloc(64)),
  'with a signature of the other encoding': forged({ alg: 'ES256', kid }, (input) =>
    signBytes('sha256', Buffer.from(input), { key: KeyObject.from(key), dsaEncoding: 'der' }),
  ),
  'with the signature of another token': `${head}.${base64({ ...sound, sub: NOBODYS })}.${tail}`,
  'without its signature': `${genuine.split('.', 2).join('.')}.`,
  'with half of its signature': genuine.slice(0, -40),
  'with more than three parts': `${genuine}.${tail}`,
  'that is encrypted, or says so': `${base64({ alg: 'dir', enc: 'A128GCM', kid })}..AAAA.AAAA.AAAA`,
  'that is no token': 'x',
  'of three dots': '...',
  'of JSON': '{"sub":"admin"}',
  'of nothing but length': 'a'.repeat(12_000),
  'of three parts of nothing but length': ['a', 'b', 'c'].map((part) => part.repeat(4_000)).join('.'),
};

/** Whom a route is for, where it is not for everyone who is signed in. A new one has to be entered, and so thought of. */
const FOR_STAFF = {
  'DELETE /admin/messages/subscribers/{subscriber}': 'admin',
  'GET /admin/messages/dead': 'admin',
  'GET /admin/messages/lag': 'admin',
  'GET /admin/messages/parked': 'admin',
  'GET /admin/messages/{id}': 'admin',
  'GET /billing/accounts/{customerId}': 'sales or admin',
  'GET /identity/customers': 'sales or admin',
  'POST /admin/messages/discard': 'admin',
  'POST /admin/messages/pause': 'admin',
  'POST /admin/messages/redeliver': 'admin',
  'POST /admin/messages/replay': 'admin',
  'POST /admin/messages/resume': 'admin',
  'POST /admin/messages/retry': 'admin',
  'POST /catalog/products': 'admin',
  'POST /identity/staff': 'admin',
  'POST /inventory/stock/{sku}/adjustments': 'admin',
  'POST /inventory/stock/{sku}/receipts': 'admin',
  'POST /orders/returns': 'sales',
  'POST /shipping/shipments/{orderId}/dispatch': 'admin',
  'PUT /catalog/products/{sku}/price': 'admin',
};

const PUBLIC = [
  'GET /.well-known/jwks.json',
  'GET /catalog/products',
  'GET /catalog/products/{sku}',
  'GET /health/live',
  'GET /health/ready',
  'POST /identity/customers',
  'POST /identity/sessions',
];

const named = (operation: Operation) => [operation.name, operation] as const;
const bearer = (token: string): [string, string] => ['authorization', `Bearer ${token}`];
const json = (body: object): [Buffer, [string, string]] => [
  Buffer.from(JSON.stringify(body)),
  ['content-type', 'application/json'],
];

/** Asks a route for what has this id, with an empty body where it wants one: who is asking comes before what. */
async function ask(operation: Operation, headers: [string, string][], id = NOBODYS, query = '') {
  const [body, type] = json({});
  const path = pathWith(operation, () => id) + query;
  const sent = operation.body
    ? new Outgoing(operation.method, path, [...headers, type], body)
    : new Outgoing(operation.method, path, headers);
  const answer = await exchange(shop.url, sent);
  expect(brokenPromises(api, operation, answer)).toEqual([]);
  return answer;
}

afterAll(() => shop.close());

describe('a token', () => {
  const closed = api.operations.filter(({ isPublic }) => !isPublic);
  const statuses = (headers: [string, string][], query = '') =>
    Promise.all(
      closed.map((each) => ask(each, headers, NOBODYS, query).then(({ status }) => `${each.name} ${status}`)),
    );
  const refused = closed.map(({ name }) => `${name} 401`);

  it('is asked for everywhere but where anyone may come in', async () => {
    expect(
      api.operations
        .filter(({ isPublic }) => isPublic)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(PUBLIC);
    expect(await statuses([])).toEqual(refused);
  });

  it('that we signed is taken', async () => {
    for (const answer of await statuses([bearer(genuine)])) expect(refused).not.toContain(answer);
  });

  it.each(Object.entries(REFUSED))('%s is refused', async (_what, token) => {
    expect(await statuses([bearer(await token)])).toEqual(refused);
  });

  it('is looked for in its header and nowhere else', async () => {
    expect(await statuses([], `?access_token=${genuine}`)).toEqual(refused);
    expect(await statuses([['cookie', `access_token=${genuine}; authorization=Bearer ${genuine}`]])).toEqual(refused);
    expect(await statuses([['x-access-token', genuine]])).toEqual(refused);
    expect(await statuses([['proxy-authorization', `Bearer ${genuine}`]])).toEqual(refused);
    for (const scheme of ['', 'Basic ', 'Token ', 'Bearer: '])
      expect(await statuses([['authorization', scheme + genuine]])).toEqual(refused);
  });
});

describe("another customer's order", () => {
  /** The ids of /admin/ are messages'. */
  const byId = api.operations.filter(
    ({ path, parameters }) =>
      !path.startsWith('/admin/') &&
      parameters.some((parameter) => parameter.in === 'path' && parameter.schema.format === 'uuid'),
  );
  /** All but what says which request it was. */
  const said = ({ text }: { text: string }, id: string) => {
    const { correlationId: _ours, ...problem } = JSON.parse(text.replaceAll(id, 'ID'));
    return problem;
  };

  it('is asked for by its id on these routes', () => {
    expect(byId.map(({ name }) => name).sort()).toEqual([
      'GET /billing/credit-notes/{returnId}',
      'GET /billing/payments/{orderId}',
      'GET /orders/returns/{id}',
      'GET /orders/{id}',
      'GET /shipping/shipments/{orderId}',
      'POST /orders/{id}/cancellation',
      'POST /shipping/shipments/{orderId}/dispatch',
    ]);
  });

  it.each(byId.map(named))('is, on %s, no other than one that is not there', async (_name, operation) => {
    const none = await ask(operation, [bearer(bob.token)]);
    expect([403, 404]).toContain(none.status);
    for (const id of [order, order.toUpperCase(), goodsReturn]) {
      const theirs = await ask(operation, [bearer(bob.token)], id);
      expect(theirs.status).toBe(none.status);
      expect(said(theirs, id.toLowerCase())).toEqual(said(none, NOBODYS));
    }
  });

  it.each(byId.filter(({ method }) => method === 'GET').map(named))('is on %s for whose it is', async (_name, each) => {
    const own = [await ask(each, [bearer(alice.token)], order), await ask(each, [bearer(alice.token)], goodsReturn)];
    expect(own.map(({ status }) => status).sort()).toEqual([200, 404]);
  });

  it('is in no list', async () => {
    const { items } = await listed(bob.token);
    expect(items.map(({ customerId }) => customerId)).toEqual([bob.id]);
    expect((await listed(bob.token, `&after=${NOBODYS}`)).items).toEqual([]);
  });

  it('cannot be reached by the idempotency key of whose it is', async () => {
    const cancel = api.operations.find(({ name }) => name === 'POST /orders/{id}/cancellation') as Operation;
    const withKey = (token: string): [string, string][] => [bearer(token), ['idempotency-key', 'the-same']];
    expect((await ask(cancel, withKey(alice.token), order)).status).toBe(202);
    expect((await ask(cancel, withKey(bob.token), order)).status).toBe(404);
  });

  async function listed(token: string, query = '') {
    return (await shop.request<{ items: { customerId: string }[] }>('GET', `/orders?limit=200${query}`, { token }))
      .body;
  }
});

describe('what is for staff', () => {
  const forStaff = api.operations.filter(({ audience }) => audience !== undefined);

  it('is what it always was', () => {
    expect(Object.fromEntries(forStaff.map(({ name, audience }) => [name, audience]))).toEqual(FOR_STAFF);
  });

  it.each(forStaff.map(named))('is not for customers: %s', async (_name, operation) => {
    expect((await ask(operation, [bearer(alice.token)])).status).toBe(403);
  });

  it.each(forStaff.filter(({ audience }) => audience === 'admin').map(named))(
    'is not for sales, where it is for administrators: %s',
    async (_name, operation) => {
      expect((await ask(operation, [bearer(sales.token)])).status).toBe(403);
    },
  );

  it.each([
    ['no roles', []],
    ['the names of roles that are none', ['Admin', 'administrator', 'admin ', '*', 'sales,admin']],
    ['a role that is no text', [{ toString: 'admin' }, ['admin'], true]],
    ['roles that are no list', 'admin'],
    ['roles by number', { 0: 'admin', length: 1 }],
  ])('is not for a token with %s', async (_what, roles) => {
    const token = await sign({ ...sound, roles }, key, { kid });
    for (const operation of forStaff) expect((await ask(operation, [bearer(token)])).status).toBe(403);
  });
});
