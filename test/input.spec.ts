import { randomInt } from 'node:crypto';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deadLetters, rowsOf } from './input/database.js';
import { exchange, type Incoming, Outgoing } from './input/exchange.js';
import { changedOnTheWay } from './input/kept.js';
import type { Operation } from './input/operations.js';
import { brokenPromises } from './input/promises.js';
import { allowedRequest, anyRequest, spoiltInOnePart } from './input/requests.js';
import { setStage } from './input/stage.js';
import { askUntil } from './shop.js';

// A failure is replayed with the FUZZ_SEED and FUZZ_PATH that it prints, and -t with the name of the test.
const RUNS = Number(process.env.FUZZ_RUNS ?? 20);
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
const PATH = process.env.FUZZ_PATH;
const A_TEST_TAKES = 60_000 + RUNS * 100;

/** What somebody still waits for: an order, a cancellation, the news that it has been shipped, a return. */
const UNDECIDED = `
  select id, status from orders.customer_order where status = 'placed' or (status = 'confirmed' and cancellation_requested)
  union all
  select id, 'dispatched, but ' || placed.status from orders.customer_order as placed
    join shipping.shipment on reference = id where shipment.status = 'dispatched' and placed.status <> 'shipped'
  union all
  select id, 'returned, but not completed' from orders.goods_return where not (back_on_shelf and credited)`;

// Before any test is named: the tests are the routes of the running shop.
const { shop, api, known, admin, sales, alice, bob } = await setStage();
const everyone = [admin, sales, alice].map(({ token }) => token);
const named = (operation: Operation) => [operation.name, operation] as const;

afterAll(() => shop.close());
afterEach(() =>
  askUntil(
    () => shop.request('GET', '/health/ready'),
    ({ status }) => status === 200,
  ),
);

describe(`input (FUZZ_SEED=${SEED})`, () => {
  describe('at its bounds', () => {
    const gbp = (amount: string) => ({ amount, currency: 'GBP' });
    const most = gbp('99999999999999.9999');
    const [plenty = '', , service = ''] = known.sku ?? [];
    const payment = { token: 'tok_ok' };
    const aThousand = (line: object) => Array.from({ length: 1_000 }, () => line);
    const asAdmin = { token: admin.token };

    it('as an order of a thousand lines at the most of everything is kept to the last digit', async () => {
      const lines = aThousand({ sku: service, quantity: 1_000_000, unitPrice: gbp('99999.9999') });
      const order = await shop.order(admin.token, { lines, payment });
      expect(order).toMatchObject({ status: 'confirmed', total: gbp('99999999900000.00'), lines });
    });

    it('as an order worth more than can be written is refused', async () => {
      const body = { lines: aThousand({ sku: plenty, quantity: 1_000_000, unitPrice: most }), payment };
      const { status, body: problem } = await shop.request('POST', '/orders', { ...asAdmin, body });
      expect(status).toBe(422);
      expect(problem).toMatchObject({ type: 'urn:problem:total-too-large' });
    });

    it('as the sum of several orders is written as documented', async () => {
      const body = { lines: [{ sku: service, quantity: 1, unitPrice: most }], customerId: bob.id, payment };
      for (const _ of [1, 2]) await shop.order(admin.token, body);
      const path = `/billing/accounts/${bob.id}`;
      const account = api.operations.find(({ name }) => name === 'GET /billing/accounts/{customerId}') as Operation;
      const answer = await keepsPromises(account, new Outgoing('GET', path, authorized(admin.token)));
      expect(JSON.parse(answer.text).captured).toEqual(gbp('200000000000002.5498'));
    });

    it('as a sku of forty characters of four bytes is one everywhere', async () => {
      const sku = '😀'.repeat(40);
      const product = { sku, name: '漢'.repeat(200), price: gbp('0.0001') };
      const added = await shop.request('POST', '/catalog/products', { ...asAdmin, body: product });
      expect(added).toMatchObject({ status: 201, body: product });
      expect((await shop.request('GET', added.headers.get('location') ?? '')).body).toMatchObject(product);

      const receipts = `/inventory/stock/${encodeURIComponent(sku)}/receipts`;
      await shop.request('POST', receipts, { ...asAdmin, body: { quantity: 1_000_000_000 } });
      const lines = aThousand({ sku, quantity: 1_000_000 });
      expect(await shop.order(admin.token, { lines, payment })).toMatchObject({ status: 'confirmed', lines });
      expect(await shop.stock(encodeURIComponent(sku))).toMatchObject({ sku, available: 0 });
    });

    it('as an id in capital letters is the same id', async () => {
      const place = () => shop.order(alice.token, { lines: [{ sku: plenty, quantity: 1 }], payment });
      const [cancelled, shipped] = [await place(), await place()];
      const ask = async (path: string) => expect((await shop.request('POST', path, asAdmin)).status).toBe(202);
      await ask(`/orders/${cancelled.id.toUpperCase()}/cancellation`);
      await ask(`/shipping/shipments/${shipped.id.toUpperCase()}/dispatch`);
      await shop.settled(cancelled.id, ({ status }) => status === 'cancelled');
      await shop.settled(shipped.id, ({ status }) => status === 'shipped');
    });
  });

  describe('that the documentation allows is kept as it was sent, or refused', () => {
    it.each(api.operations.filter(({ body }) => body !== undefined).map(named))(
      '%s',
      (_name, operation) =>
        check(allowedRequest(operation, known, admin.token), async (sent) => {
          const answer = await keepsPromises(operation, sent);
          if (answer.status >= 400) return;
          expect(changedOnTheWay(JSON.parse(`${sent.body}`), await whatWasKept(answer))).toEqual([]);
        }),
      A_TEST_TAKES,
    );
  });

  describe('of any kind is answered in time, and never with a failure', () => {
    it.each(api.operations.map(named))(
      '%s',
      (_name, operation) =>
        check(
          anyRequest(operation, known, everyone),
          async (sent) => void (await keepsPromises(operation, sent)),
          spoiltInOnePart(operation, known, admin.token, SEED),
        ),
      A_TEST_TAKES,
    );

    it(
      'from many at once',
      async () => {
        const each = api.operations.map((operation) =>
          anyRequest(operation, known, everyone).map((sent) => ({ operation, sent })),
        );
        const crowds = fc.array(fc.oneof(...each), { minLength: 1, maxLength: 25, size: 'max' });
        const ask = async (crowd: { operation: Operation; sent: Outgoing }[]) => {
          await Promise.all(crowd.map(({ operation, sent }) => keepsPromises(operation, sent)));
        };
        await check(crowds, ask);
      },
      A_TEST_TAKES,
    );
  });

  it('leaves nothing undecided and no message undeliverable', async () => {
    await askUntil(
      () => rowsOf(shop.databaseUrl, UNDECIDED),
      (rows) => rows.length === 0,
    );
    expect(await deadLetters(shop.databaseUrl)).toEqual([]);
  }, 120_000);
});

/** @param always is tried before anything random */
function check<Input>(inputs: fc.Arbitrary<Input>, promise: (input: Input) => Promise<void>, always: Input[] = []) {
  const examples = always.map((input): [Input] => [input]);
  const numRuns = examples.length + RUNS;
  return fc.assert(fc.asyncProperty(inputs, promise), { numRuns, examples, seed: SEED, ...(PATH && { path: PATH }) });
}

/** @throws Error with the request and the answer */
async function keepsPromises(operation: Operation, sent: Outgoing): Promise<Incoming> {
  const answer = await exchange(shop.url, sent);
  const broken = brokenPromises(api, operation, answer);
  if (broken.length > 0) throw new Error(`${broken.join('; ')}\n\n${sent}\n\n${answer.status} ${answer.text}`);
  return answer;
}

/** What is found where the answer says to look, or what the answer says itself. */
async function whatWasKept({ headers, text }: Incoming): Promise<unknown> {
  if (headers.location === undefined) return JSON.parse(text);
  const found = await exchange(shop.url, new Outgoing('GET', headers.location, authorized(admin.token)));
  expect(found.status).toBe(200);
  return JSON.parse(found.text);
}

function authorized(token: string): [string, string][] {
  return [['authorization', `Bearer ${token}`]];
}
