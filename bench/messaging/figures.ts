import { atLeast, atMost, type Figure, type Measured, told, valuesOf } from '../harness/figures.js';
import type { Rate } from '../harness/load.js';
import { ratios } from '../harness/statistics.js';
import { peakMemory } from './backlog.js';
import type { Backlog } from './seamline/backlog.js';
import type { DeliveryLatencies } from './seamline/deliveries.js';
import type { Endurance } from './seamline/endurance.js';
import type { Sustained } from './seamline/sustained.js';

/** Every figure, measured or not, in the order of the report. */
export function figuresOf(measured: Measured): Figure[] {
  const rate = (scenario: string, candidate: string) =>
    valuesOf<Pick<Rate, 'perSecond'>>(measured, scenario, candidate, ({ perSecond }) => perSecond);
  const publishing = (candidate: string) => rate('publish', candidate);
  const draining = (candidate: string) => rate('drain', candidate);
  const latency = (scenario: string, of: (result: DeliveryLatencies) => number) =>
    valuesOf<DeliveryLatencies>(measured, scenario, 'Seamline', of);
  const lean = publishing('Seamline, lean');
  const one = draining('Seamline, a message at a time');
  const batches = draining('Seamline, batches');
  return [
    atLeast(0.75, 'publish, lean ÷ one raw insert', ratios(lean, publishing('raw insert'))),
    told('×', 'publish, lean ÷ one raw insert, prepared', ratios(lean, publishing('raw insert, prepared'))),
    atLeast(
      0.6,
      'publish, MikroORM ÷ a flush alone',
      ratios(publishing('Seamline, MikroORM'), publishing('MikroORM, a flush alone')),
    ),
    atLeast(4, 'drain, a message at a time ÷ graphile-worker', ratios(one, draining('graphile-worker'))),
    atLeast(9, 'drain, batches ÷ graphile-worker', ratios(batches, draining('graphile-worker'))),
    atLeast(15, 'drain, batches ÷ BullMQ', ratios(batches, draining('BullMQ'))),
    atLeast(4, 'drain, batches ÷ pg-boss (1,000)', ratios(batches, draining('pg-boss 1,000, one statement a batch'))),
    atLeast(
      0.98,
      'sustained, consumed ÷ produced',
      valuesOf<Sustained>(measured, 'sustained', 'Seamline', ({ consumed, produced }) => consumed / produced),
    ),
    told(
      'ms',
      'at 2,000/s, commit to effect, p50',
      latency('steady', ({ commitToEffect }) => commitToEffect.p50),
    ),
    told(
      'ms',
      'at 2,000/s, commit to effect, p95',
      latency('steady', ({ commitToEffect }) => commitToEffect.p95),
    ),
    atMost(
      25,
      'at 2,000/s, commit to effect, p99',
      latency('steady', ({ commitToEffect }) => commitToEffect.p99),
    ),
    told(
      'ms',
      'at 2,000/s, call to effect, p99',
      latency('steady', ({ callToEffect }) => callToEffect.p99),
    ),
    atMost(
      2.5,
      'idle, commit to effect, p50',
      latency('idle', ({ commitToEffect }) => commitToEffect.p50),
    ),
    atMost(
      8,
      'idle, commit to effect, p99',
      latency('idle', ({ commitToEffect }) => commitToEffect.p99),
    ),
    told(
      '×',
      'backlog, rate of the last tenth ÷ the median tenth',
      valuesOf<Backlog>(measured, 'backlog', 'Seamline', lastTenth),
    ),
    told(
      'MB',
      'backlog, memory at the peak',
      valuesOf<Backlog>(measured, 'backlog', 'Seamline', ({ memory }) => peakMemory(memory)),
    ),
    told(
      'ms',
      'endurance, p99 of the worst minute',
      valuesOf<Endurance>(measured, 'endurance', 'Seamline', ({ minutes }) =>
        Math.max(...minutes.map(({ commitToEffect }) => commitToEffect.p99)),
      ),
    ),
  ];
}

function lastTenth({ tenths }: Backlog): number {
  const sorted = tenths.toSorted((a, b) => a - b);
  return (tenths.at(-1) as number) / (sorted[sorted.length >> 1] as number);
}
