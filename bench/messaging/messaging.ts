import type { Command } from 'commander';
import { benchCommand } from '../harness/bench.js';
import { ratePanel } from '../harness/figures-plot.js';
import type { Scenario } from '../harness/scenario.js';
import { backlog } from './backlog.js';
import { drain } from './drain.js';
import { endurance } from './endurance.js';
import { figuresOf } from './figures.js';
import { idle } from './idle.js';
import { publish } from './publish.js';
import { sectionsOf } from './report.js';
import { steady, sustained } from './sustained.js';

/** `messaging`: the core of Seamline beside named others, on one server, in one run. */
export function messagingCommand(): Command {
  return benchCommand({
    name: 'messaging',
    description: 'Measure publishing, draining and latency beside graphile-worker, pg-boss, BullMQ and nestjs-outbox.',
    title: 'Messaging, measured',
    scenarios: [publish, drain, sustained, steady, idle, backlog, endurance] as readonly Scenario[],
    brokers: ['redis'],
    packages: {
      Seamline: ['.', ['@nestjs/core', '@mikro-orm/postgresql', 'pg']],
      'graphile-worker, pg-boss, BullMQ': ['bench', ['graphile-worker', 'pg-boss', 'bullmq', 'ioredis', 'pg']],
      'nestjs-outbox': [
        'bench/messaging/peers/nestjs-outbox',
        ['@fullstackhouse/nestjs-outbox', '@nestjs/core', '@mikro-orm/postgresql'],
      ],
    },
    examples: [
      'messaging                        about 35 minutes',
      'messaging --only drain --rounds 3',
      'messaging --long                 with a million messages, and ten minutes of endurance',
      'messaging --quick --long         whether everything works, in a few minutes',
    ],
    figuresOf,
    sectionsOf,
    panelsOf: (results) => [
      ratePanel('Publishing: transactions a second, 16 clients', results, 'publish'),
      ratePanel('Draining: messages a second', results, 'drain'),
    ],
  });
}
