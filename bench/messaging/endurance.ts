import type { Scenario } from '../harness/scenario.js';
import type { Endurance, EnduranceWork } from './seamline/endurance.js';

/** Ten minutes under an old snapshot. */
export const endurance: Scenario<Endurance> = {
  name: 'endurance',
  what: '10 minutes at 1,000 a second while a REPEATABLE READ transaction holds an old snapshot',
  isLong: true,
  candidates: [{ name: 'Seamline', file: 'messaging/seamline/endurance', runs: ['endure'] }],
  work: (size): EnduranceWork =>
    size === 'quick'
      ? { perSecond: 1000, minutes: 3, secondsInAMinute: 2 }
      : { perSecond: 1000, minutes: 10, secondsInAMinute: 60 },
  inShort: ({ minutes }) =>
    `p99 by minute ${minutes.map(({ commitToEffect }) => commitToEffect.p99.toFixed(1)).join(' ')} ms`,
};
