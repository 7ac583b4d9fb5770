import type { Stage } from '../../harness/child.js';
import { Countdown } from '../../harness/load.js';
import { boot } from '../../seamline/boot.js';
import { type Checked, checkEffects, type DrainWork } from '../workload.js';
import { fill } from './drain.js';
import { LedgerModule } from './ledger.module.js';
import { PurchasesModule } from './purchases.module.js';
import { WatchedTransport } from './watched-transport.js';

export interface Backlog extends Checked {
  /** Messages a second in each tenth of what waited, from the first to the last. */
  readonly tenths: readonly number[];
  /** Resident memory of the process, in MB, with the second at which it was seen. */
  readonly memory: readonly { readonly second: number; readonly megabytes: number }[];
}

const SAMPLE_MS = 250;

export const fillBacklog = fill;

/** Takes a long backlog: does it grow slower or larger on the way? */
export async function drainBacklog(stage: Stage<DrainWork>): Promise<Backlog> {
  const { messages } = stage.work;
  const effects = new Countdown(messages);
  const reached: number[] = [];
  let begin = 0;
  const app = await boot(stage, [PurchasesModule, LedgerModule], {
    transport: new WatchedTransport((taken, at) => {
      effects.add(taken.length);
      while (reached.length < Math.floor((effects.count * 10) / messages)) reached.push(at);
    }),
    beforeRelays: () => {
      begin = performance.now();
    },
  });
  const memory = [sample(begin)];
  const sampling = setInterval(() => memory.push(sample(begin)), SAMPLE_MS);
  await effects.done();
  clearInterval(sampling);
  memory.push(sample(begin));
  await app.close();
  const tenths = reached.map((at, n) => messages / 10 / ((at - (reached[n - 1] ?? begin)) / 1000));
  return { tenths, memory, checks: await checkEffects(stage.databaseUrl, messages, 'ledger.entry') };
}

function sample(begin: number) {
  return { second: (performance.now() - begin) / 1000, megabytes: process.memoryUsage.rss() / 1024 / 1024 };
}
