import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../../harness/child.js';
import { Countdown } from '../../harness/load.js';
import { settle } from '../../harness/postgres.js';
import { boot } from '../../seamline/boot.js';
import { type Checked, checkEffects, purchases as manyPurchases } from '../workload.js';
import { Deliveries, type Delivery, type DeliveryLatencies, deliveryLatencies } from './deliveries.js';
import { LedgerModule } from './ledger.module.js';
import { Purchases, PurchasesModule } from './purchases.module.js';
import { WatchedTransport } from './watched-transport.js';

export interface IdleWork {
  readonly warmUpMessages: number;
  readonly messages: number;
  readonly pauseMs: number;
}

const PATIENCE_SECONDS = 20;

/** One message at a time, and a pause before the next: how long from commit to effect? */
export async function idle(stage: Stage<IdleWork>): Promise<DeliveryLatencies & Checked> {
  const { warmUpMessages, messages, pauseMs } = stage.work;
  const deliveries: Delivery[] = [];
  let arrival = new Countdown(1, PATIENCE_SECONDS);
  const watch = new Deliveries((delivery) => {
    deliveries.push(delivery);
    arrival.add();
  });
  const app = await boot(stage, [PurchasesModule, LedgerModule], {
    transport: new WatchedTransport((taken, at) => watch.take(taken, at)),
  });
  const purchases = app.get(Purchases, { strict: false });
  await settle(stage.databaseUrl);
  for (const purchase of manyPurchases(warmUpMessages + messages)) {
    arrival = new Countdown(1, PATIENCE_SECONDS);
    await watch.publish(purchase.purchase, () => purchases.place(purchase));
    await arrival.done();
    await pause(pauseMs);
  }
  await app.close();
  const checks = await checkEffects(stage.databaseUrl, warmUpMessages + messages, 'ledger.entry');
  return { ...deliveryLatencies(deliveries.slice(warmUpMessages)), checks };
}
