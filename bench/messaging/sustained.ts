import type { Scenario } from '../harness/scenario.js';
import type { DeliveryLatencies } from './seamline/deliveries.js';
import type { SteadyWork, Sustained, SustainedWork } from './seamline/sustained.js';

/** One process produces as fast as it can and consumes meanwhile. */
export const sustained: Scenario<Sustained> = {
  name: 'sustained',
  what: 'one process publishes as fast as 16 clients can for 30 s, and consumes meanwhile',
  candidates: [{ name: 'Seamline', file: 'messaging/seamline/sustained', runs: ['keepUp'] }],
  work: (size): SustainedWork => ({ clients: 16, seconds: size === 'quick' ? 3 : 30 }),
  inShort: ({ produced, consumed, producedPerSecond }) =>
    `${Math.round(producedPerSecond)}/s, ${consumed} of ${produced} consumed when the last was produced`,
};

/** The same process at a rate that it can bear. */
export const steady: Scenario<DeliveryLatencies> = {
  name: 'steady',
  what: 'the same process at 2,000 messages a second for 20 s: latency',
  candidates: [{ name: 'Seamline', file: 'messaging/seamline/sustained', runs: ['steady'] }],
  work: (size): SteadyWork => ({
    perSecond: 2000,
    warmUpSeconds: size === 'quick' ? 1 : 3,
    seconds: size === 'quick' ? 3 : 20,
  }),
  inShort: latenciesInShort,
};

export function latenciesInShort({ commitToEffect: { p50, p95, p99 } }: DeliveryLatencies): string {
  return `p50 ${p50.toFixed(2)}, p95 ${p95.toFixed(2)}, p99 ${p99.toFixed(2)} ms from commit to effect`;
}
