import type { Command } from 'commander';
import { benchCommand } from '../harness/bench.js';
import type { Panel } from '../harness/plot.js';
import { type Results, resultsSection } from '../harness/report.js';
import type { Scenario } from '../harness/scenario.js';
import { spreadOf } from '../harness/statistics.js';
import { figuresOf } from './figures.js';
import { orders } from './scenarios.js';
import type { ShopRun } from './workload.js';

/** `shop`: the whole system, in one app and in several. */
export function shopCommand(): Command {
  return benchCommand({
    name: 'shop',
    description: 'Measure the whole shop, placing orders over HTTP, in one app and taken apart.',
    title: 'The shop, measured',
    scenarios: [orders] as readonly Scenario[],
    brokers: [],
    packages: { Seamline: ['.', ['@nestjs/core', 'fastify', '@mikro-orm/postgresql', 'pg']] },
    examples: [
      'shop                        about 15 minutes',
      'shop --rounds 3',
      'shop --quick                whether everything works, in a minute',
    ],
    figuresOf,
    sectionsOf: ({ orders }) => [
      ...resultsSection<ShopRun>('32 customers at once', orders, {
        'orders a second': { of: ({ perSecond }) => perSecond, digits: 1 },
        'POST /orders p50, ms': { of: ({ busy }) => busy.answered.p50, digits: 0 },
        'p99, ms': { of: ({ busy }) => busy.answered.p99, digits: 0 },
        'until settled p50, ms': { of: ({ busy }) => busy.settled.p50, digits: 0 },
        'p99 until settled, ms': { of: ({ busy }) => busy.settled.p99, digits: 0 },
      }),
      ...resultsSection<ShopRun>('20 orders a second', orders, {
        'POST /orders p50, ms': { of: ({ steady }) => steady.answered.p50, digits: 1 },
        'p99, ms': { of: ({ steady }) => steady.answered.p99, digits: 1 },
        'until settled p50, ms': { of: ({ steady }) => steady.settled.p50, digits: 0 },
        'p99 until settled, ms': { of: ({ steady }) => steady.settled.p99, digits: 0 },
      }),
      ...resultsSection<ShopRun>('What it takes', orders, {
        'processor time an order, all apps, ms': { of: ({ processorTime }) => processorTime, digits: 2 },
        'PostgreSQL, ms': { of: ({ postgresTime }) => postgresTime ?? Number.NaN, digits: 2 },
        'memory of all apps at its peak, MB': { of: ({ memory }) => memory.peak, digits: 0 },
        'afterwards, MB': { of: ({ memory }) => memory.after, digits: 0 },
      }),
    ],
    panelsOf: (results) => [
      panel(results, 'Orders settled a second, 32 customers at once', 1, ({ perSecond }) => perSecond),
      panel(results, 'From placed to settled at 20 a second: p50, ms', 0, ({ steady }) => steady.settled.p50),
      panel(results, 'Processor time an order, all apps together: ms', 1, ({ processorTime }) => processorTime),
      panel(results, 'Memory of all apps together at its peak: MB', 0, ({ memory }) => memory.peak),
    ],
  });
}

/** A bar for each topology. */
function panel({ scenarios }: Results, title: string, digits: number, of: (run: ShopRun) => number): Panel {
  const bars = Object.entries(scenarios.orders?.rounds ?? {}).flatMap(([label, rounds]) => {
    const runs = rounds.filter((run) => run !== null) as ShopRun[];
    if (runs.length === 0) return [];
    const spread = spreadOf(runs.map(of));
    const note = spread.median.toLocaleString('en', { maximumFractionDigits: digits });
    return [{ label, note, ...spread, isOurs: true }];
  });
  return { title, bars };
}
