import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inOwnProcess } from './child.js';
import { type PostgresServer, withDatabase } from './postgres.js';
import type { NoRedis, RedisServer } from './redis.js';

/** One way to do the work of a scenario. */
export interface Candidate {
  readonly name: string;
  /** Path below bench/, without its ending. */
  readonly file: string;
  /** Its functions, each in a process of its own, one after the other on one database; the last one answers. */
  readonly runs: readonly string[];
  /** What it gets beside the work of the scenario. */
  readonly options?: object;
  readonly needsRedis?: boolean;
}

export interface Scenario<Result = unknown> {
  readonly name: string;
  /** One line for --help. */
  readonly what: string;
  readonly candidates: readonly Candidate[];
  /** What every candidate gets as its work. */
  work(size: Size): object;
  /** Takes minutes, is asked for by name or by --long, and is run once: its rounds are inside it. */
  readonly isLong?: boolean;
  /** The result in a few words. */
  inShort(result: Result): string;
}

/** `quick` shows that all works; its figures mean nothing. */
export type Size = 'full' | 'quick';

export interface Servers {
  readonly postgres: PostgresServer;
  readonly redis: RedisServer | NoRedis;
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
  const { redis } = servers;
  const isLeftOut = (candidate: Candidate) => candidate.needsRedis === true && 'missing' in redis;
  const skipped = Object.fromEntries(
    scenario.candidates.filter(isLeftOut).map(({ name }) => [name, 'missing' in redis ? redis.missing : '']),
  );
  for (const [name, why] of Object.entries(skipped)) say(`${scenario.name}: ${name} is skipped: ${why}`);
  const present = scenario.candidates.filter((candidate) => !isLeftOut(candidate));
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

async function runOnce(
  scenario: Scenario,
  { file, runs, options = {} }: Candidate,
  size: Size,
  { postgres, redis }: Servers,
): Promise<{ result: unknown | null; problems: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'seamline-bench-run-'));
  const work = { ...scenario.work(size), ...options };
  const redisUrl = 'url' in redis ? redis.url : '';
  try {
    const result = await withDatabase(postgres, async (databaseUrl) => {
      let last: unknown;
      for (const run of runs) last = await inOwnProcess({ file, run, stage: { databaseUrl, redisUrl, folder, work } });
      return last;
    });
    return { result, problems: brokenPromises(result as Counted) };
  } catch (error) {
    return { result: null, problems: [`failed: ${(error as Error).message}`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function brokenPromises({ checks = [] }: Counted): string[] {
  return checks
    .filter(({ expected, found }) => expected !== found)
    .map(({ what, expected, found }) => `${found} ${what} where there must be ${expected}`);
}
