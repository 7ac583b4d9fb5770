#!/usr/bin/env node
// The `seamline` command: makes the checkout ready (packages, Node, dist/), then hands over to apps/cli. Plain JavaScript
// that also runs under an older Node, because `npx seamline` may be the first thing somebody calls after a clone.
import { spawn } from 'node:child_process';
import module from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BootstrapError, bootstrap } from './bootstrap.js';
import { freshDist } from './fresh-dist.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** They read modules and run none, so one that does not compile is something that they can tell of. */
const READERS = ['check', 'contract', 'graph', 'new'];

/** Runs this same command under the Node that the project brought, as if it had been called with it from the start. */
function runUnder(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

async function main() {
  const node = await bootstrap();
  if (node !== process.execPath) {
    process.exitCode = await runUnder(node);
    return;
  }
  module.enableCompileCache(join(ROOT, '.cache', 'compile'));
  await freshDist(ROOT, { onlyReads: READERS.includes(process.argv[2]) });
  const cli = await import(pathToFileURL(join(ROOT, 'dist', 'apps', 'cli', 'main.js')).href);
  await cli.main(process.argv);
}

try {
  await main();
} catch (error) {
  const unexpected = error instanceof BootstrapError ? '' : 'seamline could not be started: ';
  process.stderr.write(`${unexpected}${error.message}\n`);
  // To "seamline check", which begins here too, 1 says that it looked and found something.
  process.exitCode = 2;
}
