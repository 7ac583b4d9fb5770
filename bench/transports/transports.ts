import type { Command } from 'commander';
import { benchCommand } from '../harness/bench.js';
import { ratePanel } from '../harness/figures-plot.js';
import { ratesSection, resultsSection } from '../harness/report.js';
import type { Scenario } from '../harness/scenario.js';
import { figuresOf } from './figures.js';
import { drain, type Steady, steady } from './scenarios.js';

/** `transports`: messages between two processes, over each way that there is. */
export function transportsCommand(): Command {
  return benchCommand({
    name: 'transports',
    description: 'Measure draining and latency over each transport beside a plain client of the same broker.',
    title: 'Transports, measured',
    scenarios: [drain, steady] as readonly Scenario[],
    brokers: ['redis', 'rabbitmq', 'nats'],
    packages: {
      Seamline: ['.', ['@nestjs/core', 'bullmq', 'amqplib', '@nats-io/transport-node', 'pg']],
      'plain clients': ['bench', ['bullmq', 'ioredis', 'pg']],
    },
    examples: [
      'transports                        about 40 minutes',
      'transports --only drain --rounds 3',
      'transports --quick                whether everything works, in two minutes',
    ],
    figuresOf,
    sectionsOf: (scenarios) => [
      ...ratesSection('Draining', 'messages a second', scenarios.drain),
      ...resultsSection<Steady>('At a steady rate, from commit to effect', scenarios.steady, {
        'p50, ms': { of: ({ commitToEffect }) => commitToEffect.p50, digits: 2 },
        'p99, ms': { of: ({ commitToEffect }) => commitToEffect.p99, digits: 2 },
      }),
    ],
    panelsOf: (results) => [ratePanel('Draining: messages a second', results, 'drain')],
  });
}
