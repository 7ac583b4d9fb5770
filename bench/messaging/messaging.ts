import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { projectRoot } from '../../apps/cli/project-root.js';
import { UserError } from '../../apps/cli/user-error.js';
import { killChildren } from '../harness/child.js';
import { surroundings } from '../harness/machine.js';
import { startPostgres } from '../harness/postgres.js';
import { startRedis } from '../harness/redis.js';
import { runRounds, type Scenario, type Servers, type Size } from '../harness/scenario.js';
import { backlog } from './backlog.js';
import { drain } from './drain.js';
import { endurance } from './endurance.js';
import { idle } from './idle.js';
import { plotOf } from './plot.js';
import { publish } from './publish.js';
import { type Results, report, type Taken } from './report.js';
import { steady, sustained } from './sustained.js';

const SCENARIOS = [publish, drain, sustained, steady, idle, backlog, endurance] as readonly Scenario[];

interface Options {
  readonly rounds: number;
  readonly only?: readonly Scenario[];
  readonly long: boolean;
  readonly quick: boolean;
}

/** `messaging`: the core of Seamline beside named others, on one server, in one run. */
export function messagingCommand(): Command {
  return new Command('messaging')
    .description('Measure publishing, draining and latency beside graphile-worker, pg-boss, BullMQ and nestjs-outbox.')
    .option('--rounds <n>', 'how often each candidate has its turn', wholeNumber, 5)
    .option('--only <scenarios>', 'some of the scenarios below, separated by commas', knownScenarios)
    .option('--long', 'the long scenarios too', false)
    .option('--quick', 'small numbers, to see that all works; the figures mean nothing', false)
    .addHelpText('after', notes())
    .action(async (options: Options) => {
      process.exitCode = (await measure(options)) ? 0 : 1;
    });
}

function wholeNumber(value: string): number {
  if (!/^[1-9][0-9]*$/.test(value)) throw new InvalidArgumentError(`"${value}" is no whole number above 0.`);
  return Number(value);
}

function knownScenarios(value: string): Scenario[] {
  return value.split(',').map((given) => {
    const scenario = SCENARIOS.find(({ name }) => name === given.trim());
    if (scenario === undefined) {
      const names = SCENARIOS.map(({ name }) => name).join(',');
      throw new InvalidArgumentError(`There is no "${given}": give some of ${names}.`);
    }
    return scenario;
  });
}

function notes(): string {
  const scenarios = SCENARIOS.map(({ name, what, isLong }) => `  ${name.padEnd(10)} ${what}${isLong ? ' (long)' : ''}`);
  return `
Scenarios:
${scenarios.join('\n')}

Starts a PostgreSQL and, where redis-server is on the PATH, a Redis of its own; DATABASE_URL names another PostgreSQL
(its user must be allowed to create databases and roles), REDIS_URL a Redis where there is no redis-server.
Writes bench/results/messaging.md, .svg and .json (with --quick into .cache/bench/); a scenario that was not asked for
keeps what was measured before under the same conditions. Exits with 1 when a candidate lost or doubled a message.

Examples:
  $ npm run bench -- messaging                        about 35 minutes
  $ npm run bench -- messaging --only drain --rounds 3
  $ npm run bench -- messaging --long                 with a million messages, and ten minutes of endurance
  $ npm run bench -- messaging --quick --long         whether everything works, in a few minutes`;
}

/** Runs what was asked for and writes it down; whether every message had its effect once. */
async function measure(options: Options): Promise<boolean> {
  const size: Size = options.quick ? 'quick' : 'full';
  const scenarios = options.only ?? SCENARIOS.filter(({ isLong }) => options.long || !isLong);
  return withServers(async (servers, signal) => {
    const taken: Record<string, Taken> = {};
    for (const scenario of scenarios) {
      const measuredAt = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      const rounds = scenario.isLong ? 1 : options.rounds;
      const outcome = await runRounds(scenario, { size, rounds, servers, say, signal });
      taken[scenario.name] = { measuredAt, command: commandFor(options), ...outcome };
    }
    await write({ surroundings: surroundings(servers), scenarios: taken }, folderFor(size));
    return Object.values(taken).every(({ problems }) => problems.length === 0);
  });
}

function commandFor({ rounds, only, long, quick }: Options): string {
  const flags = [
    only ? `--only ${only.map(({ name }) => name).join(',')}` : '',
    rounds === 5 ? '' : `--rounds ${rounds}`,
    long ? '--long' : '',
    quick ? '--quick' : '',
  ];
  return ['npm run bench -- messaging', ...flags.filter((flag) => flag !== '')].join(' ');
}

const folderFor = (size: Size) => join(projectRoot, size === 'quick' ? '.cache/bench' : 'bench/results');

/** Whatever happens, and however often somebody presses Ctrl-C, nothing that was started outlives this. */
async function withServers<Result>(work: (servers: Servers, signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interruption = new AbortController();
  const started: { stop(): Promise<void> }[] = [];
  let stopping: Promise<unknown> | undefined;
  const stopAll = () => (stopping ??= Promise.all(started.map((server) => server.stop())));
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
    ['SIGHUP', 1],
  ] as const) {
    process.on(signal, async () => {
      interruption.abort(new UserError('The bench was interrupted.', 'Nothing was written; run it again.'));
      killChildren();
      await stopAll();
      process.exit(128 + number);
    });
  }
  try {
    const postgres = await startPostgres(say);
    started.push(postgres);
    const redis = await startRedis();
    if ('stop' in redis) started.push(redis);
    say(`PostgreSQL ${postgres.version}, Redis ${'version' in redis ? redis.version : `none: ${redis.missing}`}`);
    interruption.signal.throwIfAborted();
    return await work({ postgres, redis }, interruption.signal);
  } finally {
    await stopAll();
  }
}

async function write(fresh: Results, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'messaging.json');
  const before = await earlier(file, fresh);
  const results: Results = { ...fresh, scenarios: inOrder({ ...before, ...fresh.scenarios }) };
  const text = report(results);
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(join(folder, 'messaging.svg'), plotOf(results));
  await writeFile(join(folder, 'messaging.md'), text);
  process.stdout.write(text);
  say(`Written to ${relative(projectRoot, folder)}/messaging.md, .svg and .json`);
}

/** What was measured before, as far as it was measured under the same conditions. */
async function earlier(file: string, { surroundings }: Results): Promise<Results['scenarios']> {
  try {
    const before: Results = JSON.parse(await readFile(file, 'utf8'));
    return isDeepStrictEqual(before.surroundings, surroundings) ? before.scenarios : {};
  } catch {
    return {};
  }
}

function inOrder(scenarios: Results['scenarios']): Results['scenarios'] {
  const present = SCENARIOS.flatMap(({ name }): [string, Taken][] => {
    const taken = scenarios[name];
    return taken === undefined ? [] : [[name, taken]];
  });
  return Object.fromEntries(present);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
