import type { Candidate, Scenario } from '../harness/scenario.js';
import type { Calls, CallsWork } from './workload.js';

const here = (name: string, file: string, run: string): Candidate => ({ name, file: `queries/${file}`, runs: [run] });
const there = (name: string, file: string, run = 'ask'): Candidate => ({
  ...here(name, file, run),
  beside: 'answer',
});

function scenario(name: string, what: string, calls: number, candidates: readonly Candidate[]): Scenario<Calls> {
  return {
    name,
    what,
    candidates,
    isPinned: true,
    work: (size): CallsWork =>
      size === 'quick'
        ? { warmUpCalls: calls / 20, calls: calls / 20, clients: 64, warmUpSeconds: 0.3, seconds: 0.7 }
        : { warmUpCalls: calls / 5, calls, clients: 64, warmUpSeconds: 2, seconds: 6 },
    inShort: ({ roundTrip: { p50, p99 }, perSecond, processorTime }) =>
      `p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} µs; ${Math.round(perSecond)}/s, ${processorTime.toFixed(1)} µs of the processor each`,
  };
}

/** Asker and answerer in one process. */
export const local = scenario('local', 'within one process: one after the other, then 64 at once', 200_000, [
  here('plain function', 'baselines/plain-function', 'call'),
  here('Seamline', 'seamline/ask', 'askHere'),
  here('Moleculer', 'peers/moleculer', 'askHere'),
]);

/** Asker and answerer in two processes of one machine. */
export const tcp = scenario('tcp', 'between two processes over TCP: one after the other, then 64 at once', 50_000, [
  there('raw TCP echo', 'baselines/raw-tcp'),
  there('Seamline', 'seamline/ask', 'askThere'),
  there('Nest TCP', 'peers/nest-tcp'),
  there('Moleculer', 'peers/moleculer', 'askThere'),
]);
