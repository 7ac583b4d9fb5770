import pg from 'pg';
import type { Stage } from '../../harness/child.js';
import { asFastAsTheyCan, type Rate } from '../../harness/load.js';
import { settle, withClient } from '../../harness/postgres.js';
import {
  type Checked,
  checkCounts,
  INSERT_PURCHASE,
  PURCHASE_TABLE,
  type PublishWork,
  purchaseNumber,
  purchaseValues,
} from '../workload.js';

/** The floor: one insert a transaction, no message, each client on a connection of its own. */
export async function publish({ databaseUrl, work }: Stage<PublishWork & { named: boolean }>): Promise<Rate & Checked> {
  await withClient(databaseUrl, (client) => client.query(PURCHASE_TABLE));
  await settle(databaseUrl);
  const clients = await connectMany(databaseUrl, work.clients);
  let n = 0;
  const rate = await asFastAsTheyCan(work.clients, work, (client) => {
    const values = purchaseValues(purchaseNumber(n++));
    const name = { name: 'insert-purchase', text: INSERT_PURCHASE, values };
    return work.named
      ? (clients[client] as pg.Client).query(name)
      : (clients[client] as pg.Client).query(INSERT_PURCHASE, values);
  });
  await Promise.all(clients.map((client) => client.end()));
  return { ...rate, checks: await checkCounts(databaseUrl, rate.total, { rows: 'select count(*) from purchase' }) };
}

export async function connectMany(databaseUrl: string, count: number): Promise<pg.Client[]> {
  const clients = Array.from({ length: count }, () => new pg.Client({ connectionString: databaseUrl }));
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}
