import type { Scenario } from '../harness/scenario.js';
import type { Backlog } from './seamline/backlog.js';
import type { DrainWork } from './workload.js';

/** A million messages wait. */
export const backlog: Scenario<Backlog> = {
  name: 'backlog',
  what: '1,000,000 messages wait: memory, and the rate in each tenth',
  isLong: true,
  candidates: [{ name: 'Seamline', file: 'messaging/seamline/backlog', runs: ['fillBacklog', 'drainBacklog'] }],
  work: (size): DrainWork => ({ messages: size === 'quick' ? 20_000 : 1_000_000 }),
  inShort: ({ tenths, memory }) => {
    const rates = tenths.map((rate) => Math.round(rate)).join(' ');
    return `${rates} messages a second by tenth, at most ${Math.round(peakMemory(memory))} MB`;
  },
};

export function peakMemory(memory: Backlog['memory']): number {
  return Math.max(...memory.map(({ megabytes }) => megabytes));
}
