import type { Candidate, Scenario } from '../harness/scenario.js';
import { TOPOLOGIES } from './topologies.js';
import type { ShopRun, ShopWork } from './workload.js';

/** Orders over HTTP, whatever the shop is made of. */
export const orders: Scenario<ShopRun> = {
  name: 'orders',
  what: '32 customers, each placing the next order as soon as the last is confirmed; then 20 orders a second',
  candidates: Object.keys(TOPOLOGIES).map(
    (topology): Candidate => ({
      name: topology,
      file: 'shop/place-orders',
      runs: ['placeOrders'],
      options: { topology },
    }),
  ),
  work: (size): Omit<ShopWork, 'topology'> =>
    size === 'quick'
      ? {
          customers: 8,
          products: 100,
          warmUpSeconds: 2,
          seconds: 5,
          steady: { perSecond: 10, seconds: 2 },
          restSeconds: 0.5,
        }
      : {
          customers: 32,
          products: 200,
          warmUpSeconds: 5,
          seconds: 20,
          steady: { perSecond: 20, seconds: 8 },
          restSeconds: 3,
        },
  inShort: ({ perSecond, busy, steady, processorTime, memory }) =>
    [
      `${perSecond.toFixed(1)} orders/s`,
      `settled within p50 ${busy.settled.p50.toFixed(0)}, p99 ${busy.settled.p99.toFixed(0)} ms`,
      `at leisure ${steady.settled.p50.toFixed(0)}, ${steady.settled.p99.toFixed(0)} ms`,
      `${processorTime.toFixed(1)} ms of the processor each`,
      `${memory.peak.toFixed(0)} MB`,
    ].join('; '),
};
