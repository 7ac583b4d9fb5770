import type { Candidate, Scenario } from '../harness/scenario.js';
import type { CheckWork, Look } from './workload.js';

const CANDIDATES: readonly Candidate[] = [
  { name: 'Seamline', file: 'check/seamline', runs: ['cold'] },
  { name: 'Seamline, ten files changed', file: 'check/seamline', runs: ['changed'] },
  { name: 'dependency-cruiser', file: 'check/peers', runs: ['dependencyCruiser'] },
  { name: 'eslint-plugin-boundaries', file: 'check/peers', runs: ['eslintBoundaries'] },
  { name: 'Sheriff', file: 'check/peers', runs: ['sheriff'] },
];

function scenario(name: string, modules: number, filesPerModule: number): Scenario<Look> {
  const files = (modules * filesPerModule).toLocaleString('en');
  return {
    name,
    what: `${files} files in ${modules.toLocaleString('en')} modules, from start to end of the program`,
    candidates: CANDIDATES,
    work: (size): CheckWork => ({
      ...(size === 'quick' ? { modules: 3, filesPerModule: 30 } : { modules, filesPerModule }),
      isTested: size === 'quick' || name === 'small',
    }),
    inShort: ({ seconds, peakMegabytes }) => `${seconds.toFixed(2)} s, ${Math.round(peakMegabytes)} MB`,
  };
}

export const small = scenario('small', 20, 100);
export const middle = scenario('middle', 200, 50);
export const large = scenario('large', 1000, 30);
