import { askUntil, type Shop, startShop } from '../shop.js';
import { type Api, readApi } from './operations.js';
import type { Known } from './schema.js';
import { type Signer, signerOf } from './signing.js';

/** Somebody with a token that outlasts the longest run. */
export interface Person {
  id: string;
  token: string;
}

/** A shop in which there is something of everything, so that input finds what it asks for. */
export interface Stage {
  shop: Shop;
  api: Api;
  signer: Signer;
  admin: Person;
  sales: Person;
  alice: Person;
  bob: Person;
  /** Alice's, confirmed. */
  order: string;
  /** Alice's. */
  goodsReturn: string;
  known: Known;
}

export async function setStage(): Promise<Stage> {
  const shop = await startShop();
  try {
    return await furnish(shop);
  } catch (error) {
    await shop.close();
    throw error;
  }
}

async function furnish(shop: Shop): Promise<Stage> {
  const signer = await signerOf(shop.databaseUrl);
  const known = (id: string, ...roles: string[]) => signer.tokenFor(id, ...roles).then((token) => ({ id, token }));
  const admin = await known('00000000-0000-4000-8000-000000000001', 'admin', 'sales');
  const sales = await known('00000000-0000-4000-8000-000000000002', 'sales');
  const alice = await known((await shop.customer()).id, 'customer');
  const bob = await known((await shop.customer()).id, 'customer');
  const skus = await Promise.all([
    shop.product({ price: '2.55', stock: 1_000_000_000 }),
    shop.product({ price: '0.0001', stock: 1 }),
    shop.product({ price: '18', stocked: false }),
  ]);
  const lines = [{ sku: skus[0], quantity: 1 }];
  const place = async ({ token }: Person) => (await shop.order(token, { lines, payment: { token: 'tok_ok' } })).id;
  const orders = await Promise.all([alice, alice, alice, bob].map(place));
  const goodsReturn = await returned(shop, sales, { lines, customerId: alice.id });
  const api = await readApi(shop);
  return {
    ...{ shop, api, signer, admin, sales, alice, bob, goodsReturn },
    order: orders[0] as string,
    known: knownValues(skus, [...orders, goodsReturn, alice.id, bob.id, '00000000-0000-0000-0000-000000000000']),
  };
}

/** The id of a return, once it is on the shelf and credited. */
async function returned(shop: Shop, { token }: Person, body: object): Promise<string> {
  const { id } = (await shop.request<{ id: string }>('POST', '/orders/returns', { token, body })).body;
  const look = async () => (await shop.request<{ status: string }>('GET', `/orders/returns/${id}`, { token })).body;
  await askUntil(look, ({ status }) => status === 'completed');
  return id;
}

function knownValues(skus: string[], ids: string[]): Known {
  return {
    sku: [...skus, 'SKU-OF-NOTHING'],
    // In either spelling: RFC 9562 takes both.
    uuid: [...ids, ...ids.map((id) => id.toUpperCase())],
    token: ['tok_ok', 'tok_declined', 'tok_timeout'],
    amount: ['0', '0.00', '0.0001', '1', '2.55', '99999.9999', '99999999999999.9999'],
    currency: ['GBP'],
    email: ['customer-1@shop.example', 'nobody@shop.example'],
    password: ['a password of some length'],
  };
}
