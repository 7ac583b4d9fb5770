import { explain, isMendable, UserError } from '../user-error.js';
import { entriesFor, judge } from './baseline/baseline.js';
import { readBaseline, writeBaseline } from './baseline/baseline-file.js';
import { CHECKS } from './housekeeping.js';
import { type HousekeepingName, isWall } from './names.js';
import type { CheckOutcome, WallOutcome } from './outcome.js';
import type { Report } from './report/report.js';
import type { CheckRequest } from './request.js';
import type { Rule, Violation, WallName } from './wall.js';
import { loadWall } from './walls.js';

export interface Checking {
  /** Told, in a line each, what was left out and how far it has come. */
  readonly say: (line: string) => void;
  readonly inColour: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at all that is asked for, and holds what it finds against the baseline. */
export async function runCheck(request: CheckRequest, checking: Checking): Promise<Report> {
  const before = await baselineOf(request);
  const housekeeping = request.names.filter((name) => !isWall(name));
  // What is mended has to be there before anything else reads it.
  const mended = request.fix ? await oneByOne(housekeeping, request, checking) : undefined;
  const [checks, walls] = await Promise.all([
    mended ?? Promise.all(housekeeping.map((name) => check(name, request, checking))),
    Promise.all(request.names.filter(isWall).map((name) => look(name, request, checking))),
  ]);
  const entries = request.baseline.write ? entriesFor(walls, before ?? []) : before;
  if (request.baseline.write) await keep(request, entries ?? [], before, checking);
  return {
    root: request.root,
    checks,
    walls,
    baseline: entries === undefined ? undefined : request.baseline.called,
    ...judge(walls, entries ?? []),
  };
}

type Entries = Awaited<ReturnType<typeof readBaseline>>;

async function baselineOf({ baseline: { file, isAskedFor, write } }: CheckRequest): Promise<Entries> {
  const entries = await readBaseline(file);
  if (entries === undefined && isAskedFor && !write)
    throw new UserError(`There is no ${file}.`, 'Write it with --write-baseline, or leave out --baseline.', 2);
  return entries;
}

async function keep(
  { baseline: { file, called } }: CheckRequest,
  entries: NonNullable<Entries>,
  before: Entries,
  { say }: Checking,
): Promise<void> {
  await writeBaseline(file, entries);
  const [now, then] = [entries, before ?? []].map((all) => all.reduce((sum, { count }) => sum + count, 0)) as [
    number,
    number,
  ];
  const change =
    before === undefined || now === then
      ? ''
      : `, ${Math.abs(now - then)} ${now < then ? 'fewer' : 'more'} than before`;
  say(`Wrote ${now} known violation${now === 1 ? '' : 's'} into ${called}${change}.`);
}

async function oneByOne(
  names: readonly HousekeepingName[],
  request: CheckRequest,
  checking: Checking,
): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const name of names) outcomes.push(await check(name, request, checking));
  return outcomes;
}

async function check(name: HousekeepingName, { fix }: CheckRequest, { inColour }: Checking): Promise<CheckOutcome> {
  const started = performance.now();
  try {
    const finding = await CHECKS[name]({ fix, inColour });
    return { name, ...finding, seconds: secondsSince(started) };
  } catch (error) {
    return { name, problems: 0, report: '', seconds: secondsSince(started), trouble: troubleOf(error) };
  }
}

/** A wall that cannot look keeps no other from looking. */
async function look(name: WallName, request: CheckRequest, { say, signal }: Checking): Promise<WallOutcome> {
  const started = performance.now();
  const notes: string[] = [];
  const note = (line: string) => {
    notes.push(line);
    say(`${name}: ${line}`);
  };
  let rules: readonly Rule[] = [];
  let violations: readonly Violation[] = [];
  let trouble: string | undefined;
  try {
    const wall = await loadWall(name);
    rules = await wall.rules(request.root);
    violations = await wall.violations(request.root, { databaseUrl: request.databaseUrl, say: note, signal });
  } catch (error) {
    trouble = troubleOf(error);
  }
  return { name, rules, violations, notes, seconds: secondsSince(started), trouble };
}

function troubleOf(error: unknown): string {
  const trace = process.env.SEAMLINE_DEBUG && !isMendable(error) && error instanceof Error ? `\n${error.stack}` : '';
  return `${explain(error)}${trace}`;
}

const secondsSince = (started: number): number => (performance.now() - started) / 1000;
