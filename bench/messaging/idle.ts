import type { Scenario } from '../harness/scenario.js';
import type { DeliveryLatencies } from './seamline/deliveries.js';
import type { IdleWork } from './seamline/idle.js';
import { latenciesInShort } from './sustained.js';

/** One message at a time, with nothing else to do. */
export const idle: Scenario<DeliveryLatencies> = {
  name: 'idle',
  what: 'one message at a time and 50 ms between, 300 of them: latency',
  candidates: [{ name: 'Seamline', file: 'messaging/seamline/idle', runs: ['idle'] }],
  work: (size): IdleWork => ({ warmUpMessages: 50, messages: size === 'quick' ? 50 : 300, pauseMs: 50 }),
  inShort: latenciesInShort,
};
