import type { Type } from '@nestjs/common';
import type { Stage } from '../../harness/child.js';
import { Countdown } from '../../harness/load.js';
import { settle } from '../../harness/postgres.js';
import { boot } from '../../seamline/boot.js';
import { type Checked, checkEffects, type DrainWork, purchasesBy } from '../workload.js';
import { LedgerInBatchesModule, LedgerModule } from './ledger.module.js';
import { Purchases, PurchasesModule } from './purchases.module.js';
import { WatchedTransport } from './watched-transport.js';

/** Fills the outbox by a process in which nobody listens. */
export async function fill(stage: Stage<DrainWork>): Promise<void> {
  const app = await boot(stage, [PurchasesModule]);
  const purchases = app.get(Purchases, { strict: false });
  for (const many of purchasesBy(1000, stage.work.messages)) await purchases.announce(many);
  await app.close();
  await settle(stage.databaseUrl);
}

export const drainOneByOne = (stage: Stage<DrainWork>) => drain(stage, LedgerModule);
export const drainInBatches = (stage: Stage<DrainWork>) => drain(stage, LedgerInBatchesModule);

/** From the moment at which the relay may begin to the commit of the last effect. */
async function drain(stage: Stage<DrainWork>, ledger: Type): Promise<{ perSecond: number } & Checked> {
  const { messages } = stage.work;
  const effects = new Countdown(messages);
  let begin = 0;
  const app = await boot(stage, [PurchasesModule, ledger], {
    transport: new WatchedTransport((taken) => effects.add(taken.length)),
    beforeRelays: () => {
      begin = performance.now();
    },
  });
  const seconds = ((await effects.done()) - begin) / 1000;
  await app.close();
  return {
    perSecond: messages / seconds,
    checks: await checkEffects(stage.databaseUrl, messages, 'ledger.entry'),
  };
}
