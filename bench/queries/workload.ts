import { asFastAsTheyCan } from '../harness/load.js';
import { type Latencies, latenciesOf } from '../harness/statistics.js';
import type { Checked } from '../messaging/workload.js';

/** What is asked, whoever carries it: how much there is of three products. The answer needs no thinking. */
export interface LevelsRequest {
  readonly warehouse: string;
  readonly products: string[];
}
export interface LevelsReply {
  readonly warehouse: string;
  readonly levels: { product: string; available: number }[];
}

const PRODUCTS = 3;

/** The nth question. */
export function levelsRequest(n: number): LevelsRequest {
  const products = Array.from({ length: PRODUCTS }, (_, each) => `product-${(n + each) % 1000}`);
  return { warehouse: `warehouse-${n % 10}`, products };
}

export function levelsOf({ warehouse, products }: LevelsRequest): LevelsReply {
  return { warehouse, levels: products.map((product) => ({ product, available: product.length })) };
}

/** What every asker gives up after, in milliseconds. */
export const WITHIN = 5_000;

export interface CallsWork {
  readonly warmUpCalls: number;
  readonly calls: number;
  readonly clients: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

export interface Calls extends Checked {
  /** One after the other, in microseconds. */
  readonly roundTrip: Latencies;
  /** By all clients at once. */
  readonly perSecond: number;
  /** What each of these cost the asking process, which others on the machine hardly change. In microseconds. */
  readonly processorTime: number;
}

/** First one call after the other, then by many clients at once; every answer is looked at. */
export async function measureCalls(
  { warmUpCalls, calls, clients, warmUpSeconds, seconds }: CallsWork,
  ask: (request: LevelsRequest) => Promise<LevelsReply>,
): Promise<Calls> {
  let asked = 0;
  let right = 0;
  const one = async () => {
    const request = levelsRequest(asked++);
    const reply = await ask(request);
    if (reply.warehouse === request.warehouse && reply.levels[PRODUCTS - 1]?.product === request.products[PRODUCTS - 1])
      right++;
  };
  for (let n = 0; n < warmUpCalls; n++) await one();
  const took = new Float64Array(calls);
  for (let n = 0; n < calls; n++) {
    const begin = performance.now();
    await one();
    took[n] = (performance.now() - begin) * 1000;
  }
  const before = process.cpuUsage();
  const { perSecond, total } = await asFastAsTheyCan(clients, { warmUpSeconds, seconds }, one);
  const { user, system } = process.cpuUsage(before);
  return {
    processorTime: (user + system) / total,
    roundTrip: latenciesOf(Array.from(took)),
    perSecond,
    checks: [{ what: 'right answers', expected: asked, found: right }],
  };
}
