import { explain } from '../user-error.js';
import type { CheckOptions, Finding } from './finding.js';

export type Check = (options: CheckOptions) => Promise<Finding>;

interface Outcome extends Finding {
  readonly name: string;
  readonly seconds: number;
}

/** Runs all the checks, prints what they find and, at the end, a table of them. True when nothing is wrong. */
export async function runChecks(
  checks: Readonly<Record<string, Check>>,
  options: CheckOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const outcomes = await outcomesOf(Object.entries(checks), options);
  for (const { name, report } of outcomes.filter(({ problems }) => problems > 0)) {
    print(`\n${name}\n${'─'.repeat(name.length)}\n${report.trim()}`);
  }
  print(`\n${outcomes.map(row).join('\n')}`);
  return outcomes.every(({ problems }) => problems === 0);
}

/** All at once; when fixing one by one, since what one check fixes the next one reads. */
async function outcomesOf(checks: readonly [string, Check][], options: CheckOptions): Promise<Outcome[]> {
  if (!options.fix) return Promise.all(checks.map(([name, check]) => run(name, check, options)));
  const outcomes: Outcome[] = [];
  for (const [name, check] of checks) outcomes.push(await run(name, check, options));
  return outcomes;
}

/** A check that cannot do its work has found something wrong, and keeps no other from doing its own. */
async function run(name: string, check: Check, options: CheckOptions): Promise<Outcome> {
  const started = performance.now();
  const finding = await check(options).catch((error: unknown) => ({ problems: 1, report: explain(error) }));
  return { ...finding, name, seconds: (performance.now() - started) / 1000 };
}

function row({ name, problems, seconds }: Outcome): string {
  const result = problems === 0 ? 'ok' : `${problems} wrong`;
  return `${name.padEnd(14)}${result.padEnd(12)}${seconds.toFixed(1).padStart(5)} s`;
}
