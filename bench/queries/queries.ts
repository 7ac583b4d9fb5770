import type { Command } from 'commander';
import { benchCommand } from '../harness/bench.js';
import { ratePanel } from '../harness/figures-plot.js';
import { type Results, resultsSection } from '../harness/report.js';
import type { Scenario } from '../harness/scenario.js';
import { figuresOf } from './figures.js';
import { local, tcp } from './scenarios.js';
import type { Calls } from './workload.js';

/** `queries`: an answer right now, from the same process and from another one. */
export function queriesCommand(): Command {
  return benchCommand({
    name: 'queries',
    description: 'Measure round trips of queries beside Moleculer and Nest, and beside doing without.',
    title: 'Queries, measured',
    scenarios: [local, tcp] as readonly Scenario[],
    brokers: [],
    packages: {
      Seamline: ['.', ['@nestjs/core', 'zod', 'cockatiel']],
      'Nest TCP': ['.', ['@nestjs/microservices', 'rxjs']],
      Moleculer: ['bench', ['moleculer']],
    },
    examples: [
      'queries                        about 10 minutes',
      'queries --only tcp --rounds 3',
      'queries --quick                whether everything works, in half a minute',
    ],
    figuresOf,
    sectionsOf: (scenarios) => [
      ...callsSection('In one process', scenarios.local),
      ...callsSection('Between two processes over TCP', scenarios.tcp),
    ],
    panelsOf: (results) => [
      ratePanel('In one process: calls a second, 64 at once', results, 'local'),
      ratePanel('Between two processes over TCP: calls a second, 64 at once', results, 'tcp'),
    ],
  });
}

function callsSection(title: string, taken: Results['scenarios'][string] | undefined): string[] {
  return resultsSection<Calls>(title, taken, {
    'p50, µs': { of: ({ roundTrip }) => roundTrip.p50, digits: 1 },
    'p99, µs': { of: ({ roundTrip }) => roundTrip.p99, digits: 1 },
    'calls a second, 64 at once': { of: ({ perSecond }) => perSecond, digits: 0 },
    'processor time a call, asking process, µs': { of: ({ processorTime }) => processorTime, digits: 1 },
  });
}
