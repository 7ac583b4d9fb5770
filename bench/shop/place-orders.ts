import { setTimeout as pause } from 'node:timers/promises';
import type { Stage } from '../harness/child.js';
import { asFastAsTheyCan, atASteadyRate } from '../harness/load.js';
import { settle } from '../harness/postgres.js';
import { latenciesOf } from '../harness/statistics.js';
import { startApps } from './apps.js';
import { Http } from './http.js';
import { reconciled } from './reconciled.js';
import { Settlements } from './settlements.js';
import { stocked } from './stocked.js';
import { TOPOLOGIES } from './topologies.js';
import { Memory, postgresAt, processorTime } from './usage.js';
import { orderNumber, type ShopRun, type ShopWork, type Waits } from './workload.js';

/** The shop of one topology: opened, sold from as fast as the customers can, then at leisure, and its books looked at. */
export async function placeOrders(stage: Stage<ShopWork>): Promise<ShopRun> {
  const apps = await startApps(TOPOLOGIES[stage.work.topology], stage);
  const http = new Http(apps.front);
  const memory = new Memory(apps.pids);
  try {
    const tokens = await stocked(http, stage.databaseUrl, stage.work);
    await settle(stage.databaseUrl);
    const settlements = await Settlements.watch(stage.databaseUrl);
    try {
      const customers = new Customers(http, tokens, settlements, stage.work.products);
      const busy = await sellBusily(stage, customers, apps.pids);
      const steady = await sellSteadily(stage.work, customers);
      await pause(stage.work.restSeconds * 1000);
      const after = memory.now();
      const checks = await reconciled(stage.databaseUrl, customers.placed, stage.work);
      return { ...busy, steady, memory: { peak: memory.peak, after }, checks };
    } finally {
      await settlements.end();
    }
  } finally {
    memory.stop();
    http.close();
    await apps.stop();
  }
}

type Busy = Pick<ShopRun, 'perSecond' | 'busy' | 'processorTime' | 'postgresTime'>;

/** What is used is told for the time after the warm-up, and for the orders settled within it. */
async function sellBusily(
  { work, databaseUrl }: Stage<ShopWork>,
  customers: Customers,
  pids: readonly number[],
): Promise<Busy> {
  const postgres = await postgresAt(databaseUrl);
  const used = () => ({ apps: processorTime(pids), postgres: postgres?.processorTime() });
  const measured = async () => {
    await pause(work.warmUpSeconds * 1000);
    const before = used();
    const waits = customers.watch();
    await pause(work.seconds * 1000);
    const after = used();
    return { before, after, ...waits() };
  };
  const [{ perSecond }, { before, after, ...busy }] = await Promise.all([
    asFastAsTheyCan(work.customers, work, (customer) => customers.place(customer)),
    measured(),
  ]);
  const orders = busy.settled.count;
  return {
    perSecond,
    busy,
    processorTime: (after.apps - before.apps) / orders,
    postgresTime:
      after.postgres === undefined || before.postgres === undefined
        ? null
        : (after.postgres - before.postgres) / orders,
  };
}

async function sellSteadily({ steady: { perSecond, seconds } }: ShopWork, customers: Customers): Promise<Waits> {
  const waits = customers.watch();
  let n = 0;
  await atASteadyRate(perSecond, seconds, () => customers.place(n++));
  return waits();
}

/** Each places an order, and waits until it is settled. */
class Customers {
  placed = 0;
  private seen: { answered: number[]; settled: number[] } | undefined;

  constructor(
    private readonly http: Http,
    private readonly tokens: readonly string[],
    private readonly settlements: Settlements,
    private readonly products: number,
  ) {}

  /** @param customer any number; they take turns */
  async place(customer: number): Promise<void> {
    const { lines } = orderNumber(this.placed++, this.products);
    const begin = performance.now();
    const body = { lines, payment: { token: 'tok_ok' } };
    const { id } = await this.http.must(202, '/orders', body, this.tokens[customer % this.tokens.length]);
    this.seen?.answered.push(performance.now() - begin);
    await this.settlements.of(id as string);
    this.seen?.settled.push(performance.now() - begin);
  }

  /** From now on, until the answer is called. */
  watch(): () => Waits {
    const seen = { answered: [] as number[], settled: [] as number[] };
    this.seen = seen;
    return () => {
      this.seen = undefined;
      return { answered: latenciesOf(seen.answered), settled: latenciesOf(seen.settled) };
    };
  }
}
