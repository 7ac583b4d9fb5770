import { atLeast, type Figure, type Measured, told, valuesOf } from '../harness/figures.js';
import { ratios } from '../harness/statistics.js';
import { JOB_AN_EVENT, plainOver, relayOver, type Steady, seamlineOver, TRANSPORTS } from './scenarios.js';

/** Every figure, measured or not, in the order of the report. */
export function figuresOf(measured: Measured): Figure[] {
  const rate = (candidate: string) =>
    valuesOf<{ perSecond: number }>(measured, 'drain', candidate, ({ perSecond }) => perSecond);
  const latency = (candidate: string, of: (steady: Steady) => number) =>
    valuesOf<Steady>(measured, 'steady', candidate, of);
  return [
    ...TRANSPORTS.map((transport) =>
      atLeast(
        0.9,
        `drain over ${transport}: Seamline ÷ a plain client`,
        ratios(rate(seamlineOver(transport)), rate(plainOver(transport))),
      ),
    ),
    ...TRANSPORTS.map((transport) =>
      told(
        '×',
        `drain over ${transport}: Seamline ÷ a plain relay, which reads an outbox too`,
        ratios(rate(seamlineOver(transport)), rate(relayOver(transport))),
      ),
    ),
    atLeast(
      5,
      'drain over bullmq: Seamline ÷ a job an event',
      ratios(rate(seamlineOver('bullmq')), rate(JOB_AN_EVENT)),
    ),
    ...TRANSPORTS.flatMap((transport) => [
      told(
        'ms',
        `steady over ${transport}, commit to effect, p50`,
        latency(seamlineOver(transport), ({ commitToEffect }) => commitToEffect.p50),
      ),
      told(
        'ms',
        `steady over ${transport}, commit to effect, p99`,
        latency(seamlineOver(transport), ({ commitToEffect }) => commitToEffect.p99),
      ),
    ]),
  ];
}
