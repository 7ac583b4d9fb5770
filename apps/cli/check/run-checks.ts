import { explain } from '../user-error.js';
import { checkArchitecture } from './architecture.js';
import { checkDocs } from './docs.js';
import type { CheckOptions, Finding } from './finding.js';
import { checkFormat, checkTypes } from './tools.js';

export type CheckName = 'types' | 'format' | 'architecture' | 'docs';

interface Outcome extends Finding {
  readonly name: CheckName;
  readonly seconds: number;
}

const CHECKS: Record<CheckName, (options: CheckOptions) => Promise<Finding>> = {
  types: checkTypes,
  format: checkFormat,
  architecture: checkArchitecture,
  docs: checkDocs,
};

/** Runs the named checks, prints what they find and a table at the end. True when nothing is wrong. */
export async function runChecks(names: readonly CheckName[], options: CheckOptions): Promise<boolean> {
  // What is fixed must be settled before anything else reads it.
  const outcomes = options.fix ? await oneByOne(names, options) : await Promise.all(names.map((n) => run(n, options)));
  for (const { name, report } of outcomes.filter(({ problems }) => problems > 0)) {
    process.stdout.write(`\n${name}\n${'─'.repeat(name.length)}\n${report.trim()}\n`);
  }
  process.stdout.write(`\n${outcomes.map(row).join('\n')}\n`);
  return outcomes.every(({ problems }) => problems === 0);
}

async function oneByOne(names: readonly CheckName[], options: CheckOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const name of names) outcomes.push(await run(name, options));
  return outcomes;
}

/** A check that cannot do its work has found something wrong, and keeps no other from doing its own. */
async function run(name: CheckName, options: CheckOptions): Promise<Outcome> {
  const started = performance.now();
  const finding = await CHECKS[name](options).catch((error: unknown) => ({ problems: 1, report: explain(error) }));
  return { ...finding, name, seconds: (performance.now() - started) / 1000 };
}

function row({ name, problems, seconds }: Outcome): string {
  return `${name.padEnd(14)}${(problems === 0 ? 'ok' : `${problems} wrong`).padEnd(12)}${seconds.toFixed(1).padStart(5)} s`;
}
