import { type Figure, type Measured, told, valuesOf } from '../harness/figures.js';
import { ratios } from '../harness/statistics.js';
import { TOPOLOGIES, WHOLE } from './topologies.js';
import type { ShopRun } from './workload.js';

const MEASURES: Readonly<Record<string, (run: ShopRun) => number>> = {
  'orders a second': ({ perSecond }) => perSecond,
  'processor time an order': ({ processorTime }) => processorTime,
  'from placed to settled at 20 a second, p50': ({ steady }) => steady.settled.p50,
  'memory at its peak': ({ memory }) => memory.peak,
};

/** What it costs to take the shop apart. Nothing is wanted of it: each reader's reasons differ. */
export function figuresOf(measured: Measured): Figure[] {
  const apart = Object.keys(TOPOLOGIES).filter((topology) => topology !== WHOLE);
  return Object.entries(MEASURES).flatMap(([what, of]) =>
    apart.map((topology) => {
      const values = (candidate: string) => valuesOf<ShopRun>(measured, 'orders', candidate, of);
      return told('×', `${what}: ${topology} ÷ ${WHOLE}`, ratios(values(topology), values(WHOLE)));
    }),
  );
}
