import type { Command } from 'commander';
import { benchCommand } from '../harness/bench.js';
import type { Panel } from '../harness/plot.js';
import { type Results, resultsSection } from '../harness/report.js';
import type { Scenario } from '../harness/scenario.js';
import { spreadOf } from '../harness/statistics.js';
import { figuresOf } from './figures.js';
import { large, middle, small } from './scenarios.js';
import type { Look } from './workload.js';

const SIZES = { small: '2,000 files', middle: '10,000 files', large: '30,000 files' } as const;

/** `check`: how long it takes to hold all imports of a repository against the rules, and how that grows. */
export function checkCommand(): Command {
  return benchCommand({
    name: 'check',
    description: 'Measure the wall of imports beside dependency-cruiser, eslint-plugin-boundaries and Sheriff.',
    title: 'The wall of imports, measured',
    scenarios: [small, middle, large] as readonly Scenario[],
    brokers: [],
    packages: {
      Seamline: ['.', ['typescript', 'dependency-cruiser']],
      peers: [
        'bench/check/peers',
        ['eslint', 'typescript-eslint', 'eslint-plugin-boundaries', '@softarc/sheriff-core'],
      ],
    },
    examples: [
      'check                        about 65 minutes',
      'check --only small --rounds 3',
      'check --quick                whether everything works, in a minute',
    ],
    figuresOf,
    sectionsOf: (scenarios) => Object.entries(SIZES).flatMap(([name, title]) => looksSection(title, scenarios[name])),
    panelsOf: growthPanels,
  });
}

function looksSection(title: string, taken: Results['scenarios'][string] | undefined): string[] {
  return resultsSection<Look>(title, taken, {
    seconds: { of: ({ seconds }) => seconds, digits: 2 },
    'most memory, MB': { of: ({ peakMegabytes }) => peakMegabytes, digits: 0 },
    'ms a file': { of: perFile, digits: 2 },
  });
}

const perFile = ({ seconds, files }: Look): number => (seconds * 1000) / files;

/** A panel a candidate: bars of one length mean that its time grows as the files do. */
function growthPanels({ scenarios }: Results): Panel[] {
  return small.candidates.map(({ name }) => ({
    title: `${name}: milliseconds a file`,
    bars: Object.entries(SIZES).flatMap(([scenario, label]) => {
      const looks = (scenarios[scenario]?.rounds[name] ?? []).filter((look) => look !== null) as Look[];
      if (looks.length === 0) return [];
      const seconds = spreadOf(looks.map((look) => look.seconds)).median;
      return [
        {
          label,
          note: `${seconds.toFixed(1)} s`,
          ...spreadOf(looks.map(perFile)),
          isOurs: name.startsWith('Seamline'),
        },
      ];
    }),
  }));
}
