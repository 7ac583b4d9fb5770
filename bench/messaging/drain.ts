import type { Candidate, Scenario } from '../harness/scenario.js';
import type { DrainWork } from './workload.js';

const candidate = (name: string, file: string, run: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  file: `messaging/${file}`,
  runs: ['fill', run],
  ...more,
});

const boss = (batchSize: number, effects: string) =>
  candidate(`pg-boss ${batchSize.toLocaleString('en')}, ${effects}`, 'peers/pg-boss', 'drain', {
    options: { batchSize, effects },
  });

/** Messages of 1,000 keys that wait already, each with a one-row insert as its effect. */
export const drain: Scenario<{ perSecond: number }> = {
  name: 'drain',
  what: '50,000 messages of 1,000 keys, each with a one-row insert as its effect',
  candidates: [
    candidate('Seamline, a message at a time', 'seamline/drain', 'drainOneByOne'),
    candidate('Seamline, batches', 'seamline/drain', 'drainInBatches'),
    candidate('graphile-worker', 'peers/graphile-worker', 'drain', { options: { batched: true } }),
    candidate('graphile-worker, completions one by one', 'peers/graphile-worker', 'drain', {
      options: { batched: false },
    }),
    boss(1000, 'one statement a batch'),
    boss(1000, 'one statement a job'),
    boss(100, 'one statement a batch'),
    boss(100, 'one statement a job'),
    candidate('BullMQ', 'peers/bullmq', 'drain', { needsRedis: true }),
    candidate('nestjs-outbox', 'peers/nestjs-outbox/nestjs-outbox', 'drain'),
  ],
  work: (size): DrainWork => ({ messages: size === 'quick' ? 5000 : 50_000 }),
  inShort: ({ perSecond }) => `${Math.round(perSecond)}/s`,
};
