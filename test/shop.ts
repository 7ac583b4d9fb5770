import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boot } from '#apps/host/boot';
import { readSite } from '#apps/host/site';
import { type RequestOptions, type Response, send } from './http.js';
import { createEmptyDatabase } from './test-database.js';

export interface Money {
  amount: string;
  currency: string;
}

export interface OrderView {
  id: string;
  status: string;
  customerId: string | null;
  total: Money;
  lines: { sku: string; quantity: number; unitPrice: Money }[];
  history: { status: string; at: string; reason?: string }[];
}

/** A shop behind HTTP, with an administrator signed in. */
export interface ShopFront {
  readonly url: string;
  readonly admin: string;
  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    options?: RequestOptions,
  ): Promise<Response<Body>>;
  /** Makes a customer and signs them in. */
  customer(): Promise<{ id: string; token: string }>;
  /** Makes a product at a price in GBP, with stock where `stock` is given. */
  product(options: { price: string; stock?: number; stocked?: boolean }): Promise<string>;
  /** Places an order and answers it once it is settled. */
  order(token: string, body: object): Promise<OrderView>;
  settled(orderId: string, when?: (order: OrderView) => boolean): Promise<OrderView>;
  stock(sku: string): Promise<{ onHand: number; reserved: number; available: number }>;
}

/** A shop on a database of its own. */
export interface Shop extends ShopFront {
  /** As the superuser of the test server. */
  readonly databaseUrl: string;
  close(): Promise<void>;
}

export const ADMIN = { email: 'admin@shop.example', password: 'correct horse battery staple' };
const SETTLES_WITHIN = 60_000;
/** Customers and products of this process, so that each has a name of its own. */
let made = 0;

/** All modules in this process. */
export async function startShop(): Promise<Shop> {
  const database = await createEmptyDatabase();
  const home = await mkdtemp(join(tmpdir(), 'seamline-shop-'));
  const site = readSite({
    PORT: '0',
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
    SEAMLINE_ADMIN_EMAIL: ADMIN.email,
    SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
  });
  const app = await boot({ site, databaseUrl: database.databaseUrl, home, say: () => undefined });
  return {
    ...(await shopAt(app.url)),
    databaseUrl: database.databaseUrl,
    close: async () => {
      await app.close();
      await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** The shop at an address, wherever its modules live; its administrator is ADMIN. */
export async function shopAt(url: string): Promise<ShopFront> {
  const request: ShopFront['request'] = (method, path, options) => send(url, method, path, options);
  const signIn = async (credentials: { email: string; password: string }) =>
    (await request<{ accessToken: string }>('POST', '/identity/sessions', { body: credentials })).body.accessToken;
  const admin = await signIn(ADMIN);

  const settled: ShopFront['settled'] = (id, when = ({ status }) => status !== 'placed') =>
    askUntil(async () => (await request<OrderView>('GET', `/orders/${id}`, { token: admin })).body, when);
  return {
    url,
    admin,
    request,
    settled,
    customer: async () => {
      const account = { email: `customer-${++made}@shop.example`, password: 'a password of some length' };
      const { body } = await request<{ id: string }>('POST', '/identity/customers', {
        body: { ...account, name: 'C' },
      });
      return { id: body.id, token: await signIn(account) };
    },
    product: async ({ price, stock, stocked = true }) => {
      const sku = `SKU-${++made}`;
      const body = { sku, name: `Product ${made}`, price: { amount: price, currency: 'GBP' }, stocked };
      await must(request('POST', '/catalog/products', { token: admin, body }), 201);
      if (stock !== undefined) {
        const receipt = { token: admin, body: { quantity: stock } };
        const receive = () => request('POST', `/inventory/stock/${sku}/receipts`, receipt);
        // The catalog's word may still be on its way, to another app perhaps that was down.
        const received = await askUntil(receive, ({ status }) => status !== 404);
        await must(Promise.resolve(received), 201);
      }
      return sku;
    },
    order: async (token, body) => {
      const placed = await must(request<OrderView>('POST', '/orders', { token, body }), 202);
      return settled(placed.body.id);
    },
    stock: async (sku) => (await must(request<never>('GET', `/inventory/stock/${sku}`, { token: admin }), 200)).body,
  };
}

async function must<Body>(sent: Promise<Response<Body>>, status: number): Promise<Response<Body>> {
  const response = await sent;
  if (response.status !== status)
    throw new Error(`Expected ${status}: ${response.status} ${JSON.stringify(response.body)}`);
  return response;
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The first answer that is as wanted. @throws when it still is not after a minute, and says what it is. */
export async function askUntil<Answer>(ask: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
  for (const end = Date.now() + SETTLES_WITHIN; ; await pause(100)) {
    const answer = await ask();
    if (isSo(answer)) return answer;
    if (Date.now() > end) throw new Error(`After ${SETTLES_WITHIN} ms it still is ${JSON.stringify(answer)}.`);
  }
}
