import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressesOf, type Brokers } from './brokers/broker.js';
import { type BrokerName, CandidateProcess, type Stage } from './child.js';
import { type PostgresServer, withDatabase } from './postgres.js';

/** One way to do the work of a scenario. */
export interface Candidate {
  readonly name: string;
  /** Path below bench/, without its ending. */
  readonly file: string;
  /** Its functions, each in a process of its own, one after the other on one database; the last one answers. */
  readonly runs: readonly string[];
  /** Another function of the file: its process is ready before the last of `runs` begins, and ends after it. */
  readonly beside?: string;
  /** What it gets beside the work of the scenario. */
  readonly options?: object;
  /** What it gets beside that, or instead of it, when its figures are to mean something. */
  readonly atFullSize?: object;
  readonly needs?: BrokerName;
}

export interface Scenario<Result = unknown> {
  readonly name: string;
  /** One line for --help. */
  readonly what: string;
  readonly candidates: readonly Candidate[];
  /** What every candidate gets as its work. */
  work(size: Size): object;
  /** Of candidates of two processes: makes one result of what both have answered. */
  joined?(result: never, beside: never): Result;
  /**
   * Two processes have a processor each. The system would have some pairs share one, where the other sleeps and takes long
   * to wake up, and leave them there: of what the round trip takes that is more than any candidate's share.
   */
  readonly isPinned?: boolean;
  /** Takes minutes, is asked for by name or by --long, and is run once: its rounds are inside it. */
  readonly isLong?: boolean;
  /** The result in a few words. */
  inShort(result: Result): string;
}

/** `quick` shows that all works; its figures mean nothing. */
export type Size = 'full' | 'quick';

export interface Servers {
  readonly postgres: PostgresServer;
  readonly brokers: Brokers;
}

/** What came out, by candidate; a round that failed is null. */
export type Rounds = Record<string, (unknown | null)[]>;

export interface Outcome {
  readonly rounds: Rounds;
  /** Candidates that did not take part, and why. */
  readonly skipped: Record<string, string>;
  /** What was lost, doubled or broken, a sentence each. */
  readonly problems: string[];
}

interface Counted {
  readonly checks?: readonly { what: string; expected: number; found: number }[];
}

export interface Run {
  readonly size: Size;
  readonly rounds: number;
  readonly servers: Servers;
  readonly say: (line: string) => void;
  /** Ends the rounds, by its reason. */
  readonly signal: AbortSignal;
}

/**
 * Every candidate once, then every one once more: whatever the machine does meanwhile, it does to all of them. Who
 * begins moves on from round to round.
 */
export async function runRounds(scenario: Scenario, { size, rounds, servers, say, signal }: Run): Promise<Outcome> {
  const skipped = leftOut(scenario, servers.brokers);
  for (const [name, why] of Object.entries(skipped)) say(`${scenario.name}: ${name} is skipped: ${why}`);
  const present = scenario.candidates.filter(({ name }) => !(name in skipped));
  const outcome: Outcome = { rounds: Object.fromEntries(present.map(({ name }) => [name, []])), skipped, problems: [] };
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < present.length; turn++) {
      const candidate = present[(round + turn) % present.length] as Candidate;
      const at = `${scenario.name} ${round + 1}/${rounds}, ${candidate.name}`;
      const { result, problems } = await runOnce(scenario, candidate, size, servers);
      signal.throwIfAborted();
      outcome.rounds[candidate.name]?.push(result);
      outcome.problems.push(...problems.map((problem) => `${at}: ${problem}`));
      say(`${at}: ${[result === null ? [] : scenario.inShort(result), ...problems].flat().join('; ')}`);
    }
  }
  return outcome;
}

/** Who cannot take part, and why. */
function leftOut({ candidates }: Scenario, brokers: Brokers): Record<string, string> {
  const missing = candidates.flatMap(({ name, needs }) => {
    const broker = needs && brokers[needs];
    return broker && 'missing' in broker ? [[name, broker.missing] as const] : [];
  });
  return Object.fromEntries(missing);
}

async function runOnce(
  scenario: Scenario,
  candidate: Candidate,
  size: Size,
  { postgres, brokers }: Servers,
): Promise<{ result: unknown | null; problems: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'seamline-bench-run-'));
  const { options = {}, atFullSize = {} } = candidate;
  const work = { ...scenario.work(size), ...options, ...(size === 'full' && atFullSize) };
  try {
    const result = await withDatabase(postgres, (databaseUrl) =>
      runIn({ databaseUrl, brokers: addressesOf(brokers), folder, work }, scenario, candidate),
    );
    return { result, problems: brokenPromises(result as Counted) };
  } catch (error) {
    return { result: null, problems: [`failed: ${(error as Error).message}`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runIn(stage: Stage<unknown>, scenario: Scenario, candidate: Candidate): Promise<unknown> {
  const { file, runs, beside } = candidate;
  for (const run of runs.slice(0, -1)) (await CandidateProcess.run({ file, run, stage })).kill();
  const last = { file, run: runs.at(-1) as string };
  if (beside === undefined) {
    const only = await CandidateProcess.run({ ...last, stage });
    only.kill();
    return only.result;
  }
  const [first, second] = scenario.isPinned ? [{ processor: 0 }, { processor: 1 }] : [];
  const other = await CandidateProcess.run({ file, run: beside, stage: { ...stage, ...second } });
  try {
    const both = { ...stage, ...first, beside: other.result } as Stage<unknown>;
    const main = await CandidateProcess.run({ ...last, stage: both });
    try {
      const seen = await other.end(main.result);
      await main.end();
      return scenario.joined ? scenario.joined(main.result as never, seen as never) : main.result;
    } finally {
      main.kill();
    }
  } finally {
    other.kill();
  }
}

function brokenPromises({ checks = [] }: Counted): string[] {
  return checks
    .filter(({ expected, found }) => expected !== found)
    .map(({ what, expected, found }) => `${found} ${what} where there must be ${expected}`);
}
