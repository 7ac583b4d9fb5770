import { Command, InvalidArgumentError, Option } from 'commander';
import { explain } from '../../apps/cli/user-error.js';
import { BREAKAGES, type Breakage } from './breakage.js';
import { describe, type Outcome, objectionsTo, shows, violationsOf } from './report.js';
import { Stage } from './stage.js';
import { Supervisor, type TortureOptions } from './supervisor.js';

const MINUTE = 60_000;
/** How many kills a minute when only one of both is said. */
const KILLS_A_MINUTE = 10;

const NOTES = `
Starts a PostgreSQL of its own and workers on it, each an app with three modules that send each other
messages; kills and freezes them, cuts their connections and ends the server, as a plan made from the
seed says; then compares what was committed with what arrived. Nothing is left behind, but for the logs
of a run that failed.

Exits with 0 when nothing was lost, doubled or out of order, with 1 otherwise.

Examples:
  npm run torture
  npm run torture -- --seed 7 --kills 200 --minutes 20
  npm run torture -- --postgres-bin /usr/lib/postgresql/15/bin
  npm run torture -- --break dedupe`;

interface Arguments {
  seed?: number;
  kills?: number;
  minutes?: number;
  workers: number;
  postgresBin?: string;
  break?: Breakage;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function command(): Command {
  return new Command('torture')
    .description('Prove under fire: at least once on the way, effects once, in order per key.')
    .option(
      '--seed <n>',
      'makes the plan of faults; the same seed makes the same plan (default: another each time)',
      whole,
    )
    .option('--kills <n>', `how often a worker is killed or frozen (default: ${KILLS_A_MINUTE} a minute)`, whole)
    .option('--minutes <n>', 'how long the load runs (default: 2, or what the kills need)', positive)
    .option('--workers <n>', 'processes', whole, 3)
    .option('--postgres-bin <dir>', "another PostgreSQL's programs instead of the embedded one's")
    .addOption(
      new Option('--break <what>', 'break the kernel: 0 if the oracle notices').choices(Object.keys(BREAKAGES)),
    )
    .addHelpText('after', NOTES)
    .action(async (given: Arguments) => {
      process.exitCode = await torture(given);
    });
}

async function torture(given: Arguments): Promise<number> {
  const options = complete(given);
  const stage = new Stage();
  endOnSignals(stage);
  say(`Seed ${options.seed}: ${options.kills} kills within ${round(options.duration / MINUTE)} min.`);
  if (options.breakage) say(`The kernel is broken on purpose (${options.breakage}): the oracle has to notice.`);
  let failed = true;
  try {
    const outcome = await new Supervisor(stage, options, say).run();
    failed = options.breakage ? !reportBroken(outcome, options.breakage) : !report(outcome);
    say(`The same plan again: ${again(options)}`);
  } finally {
    await stage.strike({ keepFolder: failed });
    if (failed) say(`Logs of the workers and of PostgreSQL are kept in ${stage.folder}`);
  }
  return failed ? 1 : 0;
}

/** Answers whether everything held. */
function report(outcome: Outcome): boolean {
  const complaints = [...violationsOf(outcome), ...objectionsTo(outcome)];
  say(['', ...describe(outcome), '', ...complaints].join('\n'));
  say(complaints.length === 0 ? 'Nothing lost, nothing doubled, every key in order.' : 'It did not hold.');
  return complaints.length === 0;
}

/** Answers whether the oracle noticed. */
function reportBroken(outcome: Outcome, breakage: Breakage): boolean {
  const { mustShow } = BREAKAGES[breakage];
  const noticed = shows(outcome, mustShow);
  say(['', ...describe(outcome), '', ...violationsOf(outcome)].join('\n'));
  say(
    noticed ? 'The oracle noticed.' : `The oracle saw nothing ${mustShow.join(' or ')}: this run tests nothing of it.`,
  );
  return noticed;
}

function again({ seed, kills, duration, workers, breakage, postgresBin }: TortureOptions): string {
  const broken = breakage ? ` --break ${breakage}` : '';
  const server = postgresBin ? ` --postgres-bin ${postgresBin}` : '';
  return `npm run torture -- --seed ${seed} --kills ${kills} --minutes ${round(duration / MINUTE)} --workers ${workers}${server}${broken}`;
}

const round = (minutes: number) => Math.round(minutes * 100) / 100;

function complete({ seed, kills, minutes, break: breakage, ...rest }: Arguments): TortureOptions {
  const duration = minutes ?? (kills === undefined ? 2 : kills / KILLS_A_MINUTE);
  return {
    seed: seed ?? Date.now() % 1_000_000,
    kills: kills ?? Math.round(duration * KILLS_A_MINUTE),
    duration: duration * MINUTE,
    breakage,
    ...rest,
  };
}

/** A Ctrl-C may arrive twice, from the terminal and from npm. */
function endOnSignals(stage: Stage): void {
  let ending = false;
  const end = async (code: number) => {
    if (ending) return;
    ending = true;
    await stage.strike({ keepFolder: false });
    process.exit(code);
  };
  process.on('SIGHUP', () => end(129));
  process.on('SIGINT', () => end(130));
  process.on('SIGTERM', () => end(143));
}

function whole(value: string): number {
  if (!/^\d+$/.test(value)) throw new InvalidArgumentError('Give a whole number.');
  return Number(value);
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('Give a number above 0.');
  return number;
}

try {
  await command().parseAsync();
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = 1;
}
