import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../apps/cli/project-root.js';
import type { Servers } from './scenario.js';

/** Under what a figure was measured; another line here, and the figures cannot be put side by side. */
export type Surroundings = Readonly<Record<string, string>>;

/** Whose package.json names exact versions, in which folder, and which of these matter here. */
const PACKAGES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  Seamline: ['.', ['@nestjs/core', '@mikro-orm/postgresql', 'pg']],
  'graphile-worker, pg-boss, BullMQ': ['bench', ['graphile-worker', 'pg-boss', 'bullmq', 'ioredis', 'pg']],
  'nestjs-outbox': [
    'bench/messaging/peers/nestjs-outbox',
    ['@fullstackhouse/nestjs-outbox', '@nestjs/core', '@mikro-orm/postgresql'],
  ],
};

export function surroundings({ postgres, redis }: Servers): Surroundings {
  const processor = cpus()[0]?.model ?? 'unknown';
  return {
    processor: `${processor}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / 1024 ** 3)} GB`,
    kernel: `${type()} ${release()}`,
    Node: process.versions.node,
    PostgreSQL: `${postgres.version}, with ${Object.entries(postgres.settings)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ')}`,
    Redis: 'version' in redis ? `${redis.version}, without a journal` : `none (${redis.missing})`,
    ...Object.fromEntries(
      Object.entries(PACKAGES).map(([name, [folder, names]]) => [name, versionsIn(folder, names).join(', ')]),
    ),
  };
}

function versionsIn(folder: string, names: readonly string[]): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(projectRoot, folder, 'package.json'), 'utf8'));
  return names.map((name) => `${name} ${dependencies[name]}`);
}
