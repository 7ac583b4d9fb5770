import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import type { Stage } from '../../harness/child.js';
import { asFastAsTheyCan, type Rate } from '../../harness/load.js';
import { settle, withClient } from '../../harness/postgres.js';
import { Purchase, PurchaseMapping } from '../seamline/purchase.js';
import { type Checked, checkCounts, PURCHASE_TABLE, type PublishWork, purchaseNumber } from '../workload.js';

/** MikroORM by itself, of the very version that Seamline uses: one entity persisted and flushed, and no message. */
export async function publish({ databaseUrl, work }: Stage<PublishWork>): Promise<Rate & Checked> {
  await withClient(databaseUrl, (client) => client.query(PURCHASE_TABLE));
  await settle(databaseUrl);
  const orm = await MikroORM.init(
    defineConfig({ clientUrl: databaseUrl, entities: [PurchaseMapping], pool: { min: 0, max: work.clients } }),
  );
  let n = 0;
  const rate = await asFastAsTheyCan(work.clients, work, async () => {
    const em = orm.em.fork();
    em.persist(new Purchase(purchaseNumber(n++)));
    await em.flush();
  });
  await orm.close(true);
  return { ...rate, checks: await checkCounts(databaseUrl, rate.total, { rows: 'select count(*) from purchase' }) };
}
