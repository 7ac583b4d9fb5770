#!/usr/bin/env node
// `npm run bench`: makes the benches ready (their packages, dist/), then hands over to main.ts. The root's own packages
// are there already: npm runs bin/bootstrap.js before.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BootstrapError, bootstrap } from '../bin/bootstrap.js';
import { freshDist } from '../bin/fresh-dist.js';
import { buildBench } from './build.js';

const BENCH = import.meta.dirname;
const ROOT = join(BENCH, '..');
/** Each has a lockfile of its own: what is measured against is never part of the product. */
const PACKAGES = [BENCH, join(BENCH, 'messaging/peers/nestjs-outbox'), join(BENCH, 'check/peers')];

async function main(args) {
  const measures = args.length > 0 && !args.some((arg) => ['help', '--help', '-h'].includes(arg));
  if (measures) for (const root of PACKAGES) await bootstrap({ root });
  await freshDist(ROOT);
  await buildBench(ROOT);
  const bench = await import(pathToFileURL(join(ROOT, 'dist/bench/main.js')).href);
  await bench.main(args);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof BootstrapError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
