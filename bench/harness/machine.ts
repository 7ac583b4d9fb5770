import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../apps/cli/project-root.js';
import { BROKERS } from './brokers/broker.js';
import type { BrokerName } from './child.js';
import type { Servers } from './scenario.js';

/** Under what a figure was measured; another line here, and the figures cannot be put side by side. */
export type Surroundings = Readonly<Record<string, string>>;

/** Whose package.json names exact versions, in which folder, and which of these matter. */
export type Packages = Readonly<Record<string, readonly [folder: string, names: readonly string[]]>>;

export function surroundings({ postgres, brokers }: Servers, packages: Packages): Surroundings {
  const processor = cpus()[0]?.model ?? 'unknown';
  return {
    processor: `${processor}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GB`,
    kernel: `${type()} ${release()}`,
    Node: process.versions.node,
    PostgreSQL: `${postgres.version}, with ${Object.entries(postgres.settings)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}`,
    ...Object.fromEntries(
      Object.entries(brokers).map(([name, broker]) => [
        BROKERS[name as BrokerName].title,
        'version' in broker ? broker.version : `none (${broker.missing})`,
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(packages).map(([name, [folder, names]]) => [name, versionsIn(folder, names).join(', ')]),
    ),
  };
}

function versionsIn(folder: string, names: readonly string[]): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot, folder, 'package.json'), 'utf8'));
  return names.map((name) => `${name} ${dependencies[name]}`);
}
