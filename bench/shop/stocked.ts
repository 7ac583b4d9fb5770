import { setTimeout as pause } from 'node:timers/promises';
import { eachOf } from '../../apps/cli/replay/each-of.js';
import { withClient } from '../harness/postgres.js';
import { ADMIN } from './apps.js';
import type { Http } from './http.js';
import { gbp, priceOf, type ShopWork, sku } from './workload.js';

/** Of each product: more than is ever sold. */
export const STOCK = 1_000_000;

const NEWS_TRAVELS_WITHIN = 30_000;
/** So many at once, that the doors of a shop which is being opened are wide enough. */
const AT_ONCE = 4;

/** Products with stock that every module knows of, and customers who are signed in; answers their tokens. */
export async function stocked(
  http: Http,
  databaseUrl: string,
  { products, customers }: Pick<ShopWork, 'products' | 'customers'>,
): Promise<string[]> {
  const admin = await signIn(http, ADMIN);
  const all = Array.from({ length: products }, (_, n) => n);
  await eachOf(all, AT_ONCE, async (n) => {
    const product = { sku: sku(n), name: `Product ${n}`, price: gbp(priceOf(n)) };
    await http.must(201, '/catalog/products', product, admin);
  });
  await newsHasTravelled(databaseUrl, products);
  await eachOf(all, AT_ONCE, async (n) => {
    await http.must(201, `/inventory/stock/${sku(n)}/receipts`, { quantity: STOCK }, admin);
  });
  const tokens: string[] = [];
  await eachOf(Array(customers).keys(), AT_ONCE, async (n) => {
    const account = { email: `customer-${n}@bench.example`, password: `a password of customer ${n}` };
    await http.must(201, '/identity/customers', { ...account, name: `Customer ${n}` });
    tokens[n] = await signIn(http, account);
  });
  return tokens;
}

async function signIn(http: Http, { email, password }: typeof ADMIN): Promise<string> {
  const { accessToken } = await http.must(201, '/identity/sessions', { email, password });
  return accessToken as string;
}

/** What the catalog said has come to those who keep it in mind. */
async function newsHasTravelled(databaseUrl: string, products: number): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    for (const end = Date.now() + NEWS_TRAVELS_WITHIN; ; await pause(50)) {
      const { rows } = await client.query<{ known: string }>(
        'select least((select count(*) from orders.offer), (select count(*) from inventory.stock)) as known',
      );
      if (Number(rows[0]?.known) === products) return;
      if (Date.now() > end) throw new Error(`Only ${rows[0]?.known} of ${products} products are known everywhere.`);
    }
  });
}
