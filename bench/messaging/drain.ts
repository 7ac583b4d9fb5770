import type { Candidate, Scenario } from '../harness/scenario.js';
import type { DrainWork } from './workload.js';

const candidate = (name: string, file: string, run: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  file: `messaging/${file}`,
  runs: ['fill', run],
  ...more,
});

/** Of those that take more than ten seconds for so many: a rate needs no more. */
const FEWER = { atFullSize: { messages: 50_000 } };
const FEWEST = { atFullSize: { messages: 20_000 } };

const boss = (batchSize: number, effects: string, fewer: Partial<Candidate> = {}) =>
  candidate(`pg-boss ${batchSize.toLocaleString('en')}, ${effects}`, 'peers/pg-boss', 'drain', {
    options: { batchSize, effects },
    ...fewer,
  });

/** Messages of 1,000 keys that wait already, each with a one-row insert as its effect. */
export const drain: Scenario<{ perSecond: number }> = {
  name: 'drain',
  what: '200,000 messages of 1,000 keys, each with a one-row insert as its effect',
  candidates: [
    candidate('Seamline, a message at a time', 'seamline/drain', 'drainOneByOne'),
    candidate('Seamline, batches', 'seamline/drain', 'drainInBatches'),
    candidate('graphile-worker', 'peers/graphile-worker', 'drain', { options: { batched: true }, ...FEWER }),
    candidate('graphile-worker, completions one by one', 'peers/graphile-worker', 'drain', {
      options: { batched: false },
      ...FEWER,
    }),
    boss(1000, 'one statement a batch'),
    boss(1000, 'one statement a job', FEWER),
    boss(100, 'one statement a batch', FEWER),
    boss(100, 'one statement a job', FEWER),
    candidate('BullMQ', 'peers/bullmq', 'drain', { needs: 'redis', ...FEWER }),
    candidate('nestjs-outbox', 'peers/nestjs-outbox/nestjs-outbox', 'drain', FEWEST),
  ],
  work: (size): DrainWork => ({ messages: size === 'quick' ? 5000 : 200_000 }),
  inShort: ({ perSecond }) => `${Math.round(perSecond)}/s`,
};
