import type { Rate } from '../harness/load.js';
import type { Candidate, Scenario } from '../harness/scenario.js';
import type { PublishWork } from './workload.js';

const candidate = (name: string, file: string, run: string, more: Partial<Candidate> = {}): Candidate => ({
  name,
  file: `messaging/${file}`,
  runs: [run],
  ...more,
});

/** 16 clients place purchases: a business row and an event, in one transaction. */
export const publish: Scenario<Rate> = {
  name: 'publish',
  what: '16 clients, a business row and an event in one transaction',
  candidates: [
    candidate('raw insert', 'baselines/raw-pg', 'publish', { options: { named: false } }),
    candidate('raw insert, prepared', 'baselines/raw-pg', 'publish', { options: { named: true } }),
    candidate('Seamline, lean', 'seamline/publish', 'publishLean'),
    candidate('MikroORM, a flush alone', 'baselines/mikro-orm', 'publish'),
    candidate('Seamline, MikroORM', 'seamline/publish', 'publishEntity'),
    candidate('nestjs-outbox, MikroORM', 'peers/nestjs-outbox/nestjs-outbox', 'publish'),
    candidate('graphile-worker', 'peers/graphile-worker', 'publish', { options: { inOne: false } }),
    candidate('graphile-worker, one statement', 'peers/graphile-worker', 'publish', { options: { inOne: true } }),
    candidate('pg-boss', 'peers/pg-boss', 'publish'),
    candidate('BullMQ, dual write', 'peers/bullmq', 'publish', { needs: 'redis' }),
  ],
  work: (size): PublishWork =>
    size === 'quick' ? { clients: 16, warmUpSeconds: 0.5, seconds: 1 } : { clients: 16, warmUpSeconds: 2, seconds: 6 },
  inShort: ({ perSecond }) => `${Math.round(perSecond)}/s`,
};
