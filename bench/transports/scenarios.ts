import type { BrokerName } from '../harness/child.js';
import type { Candidate, Scenario } from '../harness/scenario.js';
import { type Latencies, latenciesOf } from '../harness/statistics.js';
import type { Checked } from '../messaging/workload.js';
import type { Begun, DrainWork, Sent, SteadyWork, Taken, TransportName } from './workload.js';

const NEEDS: Readonly<Record<TransportName, BrokerName | undefined>> = {
  direct: undefined,
  bullmq: 'redis',
  rabbitmq: 'rabbitmq',
  nats: 'nats',
};
export const TRANSPORTS = Object.keys(NEEDS) as TransportName[];

/** Seamline's own: rows a page, and partitions. */
const IN_PAGES = { eventsALetter: 500, atOnce: 4 };
const ONE_BY_ONE = { eventsALetter: 1, atOnce: 24 };

function candidate(name: string, transport: TransportName, more: Omit<Candidate, 'name'>): Candidate {
  const needs = NEEDS[transport];
  return { name, ...more, options: { transport, ...more.options }, ...(needs && { needs }) };
}

export const seamlineOver = (transport: TransportName) => `Seamline, ${transport}`;
export const plainOver = (transport: TransportName) => `plain client, ${transport}`;
export const relayOver = (transport: TransportName) => `plain relay, ${transport}`;
export const JOB_AN_EVENT = 'plain client, bullmq, a job an event';

/** What waits goes from one process to another, and has its effect once. */
export const drain: Scenario<{ perSecond: number } & Checked> = {
  name: 'drain',
  what: '300,000 messages go to another process, which writes a row for each, once',
  candidates: [
    ...TRANSPORTS.flatMap((transport) => [
      candidate(seamlineOver(transport), transport, {
        file: 'transports/seamline/apps',
        runs: ['fill', 'drain'],
        beside: 'receiveDrained',
      }),
      candidate(plainOver(transport), transport, {
        file: 'transports/plain/client',
        runs: ['drain'],
        beside: 'receiveDrained',
        options: IN_PAGES,
      }),
      candidate(relayOver(transport), transport, {
        file: 'transports/plain/client',
        runs: ['fillOutbox', 'relay'],
        beside: 'receiveDrained',
        options: IN_PAGES,
      }),
    ]),
    candidate(JOB_AN_EVENT, 'bullmq', {
      file: 'transports/plain/client',
      runs: ['drain'],
      beside: 'receiveDrained',
      options: ONE_BY_ONE,
      atFullSize: { messages: 30_000 },
    }),
  ],
  work: (size): Omit<DrainWork, 'transport' | keyof typeof IN_PAGES> => ({
    messages: size === 'quick' ? 10_000 : 300_000,
  }),
  joined: ({ begin }: Begun, { doneAt, checks }: Taken) => ({
    perSecond: ((checks[0]?.expected ?? 0) * 1000) / (doneAt - begin),
    checks,
  }),
  inShort: ({ perSecond }) => `${Math.round(perSecond)}/s`,
};

export interface Steady extends Checked {
  /** From the answer of the publishing call to the commit of the receiving transaction, in milliseconds. */
  readonly commitToEffect: Latencies;
}

/** A rate that leaves everybody time. */
export const steady: Scenario<Steady> = {
  name: 'steady',
  what: '500 messages a second for 10 s: latency from commit to effect in the other process',
  candidates: TRANSPORTS.flatMap((transport) => [
    candidate(seamlineOver(transport), transport, {
      file: 'transports/seamline/apps',
      runs: ['publish'],
      beside: 'receiveSteadily',
    }),
    candidate(plainOver(transport), transport, {
      file: 'transports/plain/client',
      runs: ['publish'],
      beside: 'receiveSteadily',
      options: ONE_BY_ONE,
    }),
  ]),
  work: (size): Omit<SteadyWork, keyof DrainWork> => ({
    perSecond: size === 'quick' ? 200 : 500,
    warmUpSeconds: size === 'quick' ? 1 : 2,
    seconds: size === 'quick' ? 2 : 10,
  }),
  joined: ({ begin, committed }: Sent, { taken, checks }: Taken) => {
    const counted = Object.entries(committed).filter(([, at]) => at >= begin);
    return { commitToEffect: latenciesOf(counted.map(([id, at]) => (taken[id] as number) - at)), checks };
  },
  inShort: ({ commitToEffect: { p50, p99 } }) =>
    `p50 ${p50.toFixed(2)}, p99 ${p99.toFixed(2)} ms from commit to effect`,
};
