import type { Stage } from '../../harness/child.js';
import { asFastAsTheyCan, type Rate } from '../../harness/load.js';
import { settle } from '../../harness/postgres.js';
import { boot } from '../../seamline/boot.js';
import { type Checked, checkCounts, type PublishWork, type Purchase, purchaseNumber } from '../workload.js';
import { Purchases, PurchasesModule } from './purchases.module.js';

export const publishLean = (stage: Stage<PublishWork>) => publish(stage, (purchases, one) => purchases.place(one));
export const publishEntity = (stage: Stage<PublishWork>) =>
  publish(stage, (purchases, one) => purchases.placeEntity(one));

async function publish(
  stage: Stage<PublishWork>,
  place: (purchases: Purchases, one: Purchase) => Promise<void>,
): Promise<Rate & Checked> {
  const app = await boot(stage, [PurchasesModule]);
  const purchases = app.get(Purchases, { strict: false });
  await settle(stage.databaseUrl);
  let n = 0;
  const rate = await asFastAsTheyCan(stage.work.clients, stage.work, () => place(purchases, purchaseNumber(n++)));
  await app.close();
  const checks = await checkCounts(stage.databaseUrl, rate.total, {
    rows: 'select count(*) from purchases.purchase',
    messages: 'select count(*) from purchases.outbox',
  });
  return { ...rate, checks };
}
