import type { Stage } from '../../harness/child.js';
import { asFastAsTheyCan, atASteadyRate, Countdown } from '../../harness/load.js';
import { settle } from '../../harness/postgres.js';
import { boot } from '../../seamline/boot.js';
import { type Checked, checkEffects, purchaseNumber } from '../workload.js';
import { Deliveries, type Delivery, type DeliveryLatencies, deliveryLatencies } from './deliveries.js';
import { LedgerModule } from './ledger.module.js';
import { Purchases, PurchasesModule } from './purchases.module.js';
import { WatchedTransport } from './watched-transport.js';

export interface SustainedWork {
  readonly clients: number;
  readonly seconds: number;
}

export interface Sustained extends Checked {
  readonly produced: number;
  /** How many of them had had their effect when the last one was produced. */
  readonly consumed: number;
  readonly producedPerSecond: number;
}

/** One process that produces as fast as it can and consumes meanwhile: does what waits grow? */
export async function keepUp(stage: Stage<SustainedWork>): Promise<Sustained> {
  const { clients, seconds } = stage.work;
  const effects = new Countdown(Number.POSITIVE_INFINITY);
  const app = await boot(stage, [PurchasesModule, LedgerModule], {
    transport: new WatchedTransport((taken) => effects.add(taken.length)),
  });
  const purchases = app.get(Purchases, { strict: false });
  await settle(stage.databaseUrl);
  let n = 0;
  const { total: produced } = await asFastAsTheyCan(clients, { warmUpSeconds: 0, seconds }, () =>
    purchases.place(purchaseNumber(n++)),
  );
  const consumed = effects.count;
  effects.want(produced);
  await effects.done();
  await app.close();
  const checks = await checkEffects(stage.databaseUrl, produced, 'ledger.entry');
  return { produced, consumed, producedPerSecond: produced / seconds, checks };
}

export interface SteadyWork {
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** A steady rate in the same process: how long from commit to effect? */
export async function steady(stage: Stage<SteadyWork>): Promise<DeliveryLatencies & Checked> {
  const { perSecond, warmUpSeconds, seconds } = stage.work;
  const deliveries: Delivery[] = [];
  const effects = new Countdown(Number.POSITIVE_INFINITY);
  const watch = new Deliveries((delivery) => {
    deliveries.push(delivery);
    effects.add();
  });
  const app = await boot(stage, [PurchasesModule, LedgerModule], {
    transport: new WatchedTransport((taken, at) => watch.take(taken, at)),
  });
  const purchases = app.get(Purchases, { strict: false });
  await settle(stage.databaseUrl);
  let n = 0;
  const begin = performance.now() + warmUpSeconds * 1000;
  const produced = await atASteadyRate(perSecond, warmUpSeconds + seconds, () => {
    const purchase = purchaseNumber(n++);
    return watch.publish(purchase.purchase, () => purchases.place(purchase));
  });
  effects.want(produced);
  await effects.done();
  await app.close();
  const checks = await checkEffects(stage.databaseUrl, produced, 'ledger.entry');
  return { ...deliveryLatencies(deliveries.filter(({ calledAt }) => calledAt >= begin)), checks };
}
