import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Command, InvalidArgumentError } from 'commander';
import { projectRoot } from '../../apps/cli/project-root.js';
import { UserError } from '../../apps/cli/user-error.js';
import { BROKERS, type Broker, type NoBroker, shownVersion, startBroker } from './brokers/broker.js';
import { type BrokerName, killChildren } from './child.js';
import type { Figure, Measured } from './figures.js';
import { plotOf } from './figures-plot.js';
import { type Packages, surroundings } from './machine.js';
import type { Panel } from './plot.js';
import { startPostgres } from './postgres.js';
import { measuredIn, type Results, report, type Taken } from './report.js';
import { runRounds, type Scenario, type Servers, type Size } from './scenario.js';

/** One bench: its scenarios, and what is told of them. */
export interface Bench {
  /** Of the command, and of the files that it writes. */
  readonly name: string;
  readonly description: string;
  /** Of the report. */
  readonly title: string;
  readonly scenarios: readonly Scenario[];
  /** Those that it has use for. */
  readonly brokers: readonly BrokerName[];
  /** Whose versions a reader must know. */
  readonly packages: Packages;
  /** How to call it, and how long that takes, a line each. */
  readonly examples: readonly string[];
  /** Every figure, measured or not, in the order of the report. */
  figuresOf(measured: Measured): Figure[];
  sectionsOf(scenarios: Results['scenarios']): string[];
  panelsOf(results: Results): Panel[];
}

interface Options {
  readonly rounds: number;
  readonly only?: readonly Scenario[];
  readonly long?: boolean;
  readonly quick: boolean;
}

/** The command of a bench: runs its candidates by turns on one server, and writes down what came out. */
export function benchCommand(bench: Bench): Command {
  const command = new Command(bench.name)
    .description(bench.description)
    .option('--rounds <n>', 'how often each candidate has its turn', wholeNumber, 5)
    .option('--only <scenarios>', 'some of the scenarios below, separated by commas', knownScenarios(bench))
    .option('--quick', 'small numbers, to see that all works; the figures mean nothing', false)
    .addHelpText('after', notes(bench))
    .action(async (options: Options) => {
      process.exitCode = (await measure(bench, options)) ? 0 : 1;
    });
  return bench.scenarios.some(({ isLong }) => isLong)
    ? command.option('--long', 'the long scenarios too', false)
    : command;
}

function wholeNumber(value: string): number {
  if (!/^[1-9][0-9]*$/.test(value)) throw new InvalidArgumentError(`"${value}" is no whole number above 0.`);
  return Number(value);
}

function knownScenarios({ scenarios }: Bench): (value: string) => Scenario[] {
  const known = (given: string) => {
    const scenario = scenarios.find(({ name }) => name === given.trim());
    if (scenario !== undefined) return scenario;
    const names = scenarios.map(({ name }) => name).join(',');
    throw new InvalidArgumentError(`There is no "${given}": give some of ${names}.`);
  };
  return (value) => value.split(',').map(known);
}

function notes({ name: bench, scenarios, brokers, examples }: Bench): string {
  const lines = scenarios.map(({ name, what, isLong }) => `  ${name.padEnd(10)} ${what}${isLong ? ' (long)' : ''}`);
  const own = ['PostgreSQL', ...brokers.map((name) => BROKERS[name].title)].join(', ');
  const variables = ['DATABASE_URL', ...brokers.map((name) => BROKERS[name].variable)].join(', ');
  return `
Scenarios:
${lines.join('\n')}

Starts servers of its own, brokers where their programs are on the PATH: ${own}.
Others are named by ${variables}: a PostgreSQL whose user may create databases and roles,
a broker where there is no program.
Writes bench/results/${bench}.md, .svg and .json (with --quick into .cache/bench/); a scenario that was not asked for
keeps what was measured before under the same conditions. Exits with 1 when anything was lost, doubled or wrong.

Examples:
${examples.map((example) => `  $ npm run bench -- ${example}`).join('\n')}`;
}

/** Runs what was asked for and writes it down; whether every message had its effect once. */
async function measure(bench: Bench, options: Options): Promise<boolean> {
  const size: Size = options.quick ? 'quick' : 'full';
  const scenarios = options.only ?? bench.scenarios.filter(({ isLong }) => options.long || !isLong);
  return withServers(bench.brokers, async (servers, signal) => {
    const taken: Record<string, Taken> = {};
    for (const scenario of scenarios) {
      const measuredAt = `${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`;
      const rounds = scenario.isLong ? 1 : options.rounds;
      const outcome = await runRounds(scenario, { size, rounds, servers, say, signal });
      taken[scenario.name] = { measuredAt, command: commandFor(bench, options), ...outcome };
    }
    await write(bench, { surroundings: surroundings(servers, bench.packages), scenarios: taken }, folderFor(size));
    return Object.values(taken).every(({ problems }) => problems.length === 0);
  });
}

function commandFor({ name: bench }: Bench, { rounds, only, long, quick }: Options): string {
  const flags = [
    only ? `--only ${only.map(({ name }) => name).join(',')}` : '',
    rounds === 5 ? '' : `--rounds ${rounds}`,
    long ? '--long' : '',
    quick ? '--quick' : '',
  ];
  return [`npm run bench -- ${bench}`, ...flags.filter((flag) => flag !== '')].join(' ');
}

const folderFor = (size: Size) => join(projectRoot, size === 'quick' ? '.cache/bench' : 'bench/results');

/** Whatever happens, and however often somebody presses Ctrl-C, nothing that was started outlives this. */
async function withServers<Result>(
  wanted: readonly BrokerName[],
  work: (servers: Servers, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
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
    say(`PostgreSQL ${postgres.version}`);
    const brokers: Partial<Record<BrokerName, Broker | NoBroker>> = {};
    for (const name of wanted) {
      const broker = await startBroker(name);
      brokers[name] = broker;
      if ('stop' in broker) started.push(broker);
      say(shownVersion(name, broker));
    }
    interruption.signal.throwIfAborted();
    return await work({ postgres, brokers }, interruption.signal);
  } finally {
    await stopAll();
  }
}

async function write(bench: Bench, fresh: Results, folder: string): Promise<void> {
  const { name, title } = bench;
  await mkdir(folder, { recursive: true });
  const file = (ending: string) => join(folder, `${name}.${ending}`);
  const before = await earlier(file('json'), fresh);
  const results: Results = { ...fresh, scenarios: inOrder(bench, { ...before, ...fresh.scenarios }) };
  const figures = bench.figuresOf(measuredIn(results));
  const text = report(results, { name, title, figures, sections: bench.sectionsOf(results.scenarios) });
  await writeFile(file('json'), `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(file('svg'), plotOf(title, figures, bench.panelsOf(results)));
  await writeFile(file('md'), text);
  process.stdout.write(text);
  say(`Written to ${relative(projectRoot, folder)}/${name}.md, .svg and .json`);
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

function inOrder(bench: Bench, scenarios: Results['scenarios']): Results['scenarios'] {
  const present = bench.scenarios.flatMap(({ name }): [string, Taken][] => {
    const taken = scenarios[name];
    return taken === undefined ? [] : [[name, taken]];
  });
  return Object.fromEntries(present);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
