import type pg from 'pg';
import { withClient } from '../harness/postgres.js';
import type { Check } from '../messaging/workload.js';
import { STOCK } from './stocked.js';
import { orderNumber, type ShopWork } from './workload.js';

const MODULES = ['identity', 'catalog', 'inventory', 'orders', 'billing', 'shipping'];

/** Of an order that was placed, each once, and nothing beside it. */
const COUNTS = {
  orders: 'select count(*) from orders.customer_order',
  'confirmed orders': `select count(*) from orders.customer_order where status = 'confirmed'`,
  reservations: `select count(*) from inventory.reservation where state = 'reserved'`,
  payments: 'select count(*) from billing.payment',
  'captured payments of the amount of their order': `
    select count(*) from orders.customer_order o join billing.payment p
      on p.reference = o.id and p.amount = o.amount and p.status = 'captured'`,
  'captures at the payment provider': `select count(*) from billing.sandbox_payment where state = 'captured'`,
  shipments: `select count(*) from shipping.shipment where status = 'waiting'`,
};

const SET_ASIDE = MODULES.map(
  (module) => `select id::text from ${module}.dead_letter union all select seq::text from ${module}.parked`,
).join(' union all ');

/** Whether the books of all modules agree with the orders that were placed, of which the bench knows what was in them. */
export async function reconciled(databaseUrl: string, placed: number, { products }: ShopWork): Promise<Check[]> {
  const reserved = new Map<string, number>();
  let pence = 0;
  for (let n = 0; n < placed; n++) {
    const order = orderNumber(n, products);
    pence += order.pence;
    for (const { sku, quantity } of order.lines) reserved.set(sku, (reserved.get(sku) ?? 0) + quantity);
  }
  return withClient(databaseUrl, async (client) => {
    const checks: Check[] = [];
    const check = async (what: string, expected: number, query: string) =>
      void checks.push({ what, expected, found: await numberOf(client, query) });
    for (const [what, query] of Object.entries(COUNTS)) await check(what, placed, query);
    await check('pence taken', pence, `select sum(amount) * 100 from billing.payment where status = 'captured'`);
    await check('messages set aside', 0, `select count(*) from (${SET_ASIDE}) every`);
    const { rows } = await client.query<{ sku: string; reserved: string; on_hand: string }>(
      'select * from inventory.stock',
    );
    const right = rows.filter(
      (row) => Number(row.reserved) === (reserved.get(row.sku) ?? 0) && Number(row.on_hand) === STOCK,
    );
    checks.push({ what: 'products of the stock that is left', expected: products, found: right.length });
    return checks;
  });
}

async function numberOf(client: pg.Client, query: string): Promise<number> {
  const { rows } = await client.query({ text: query, rowMode: 'array' });
  return Number(rows[0]?.[0]);
}
