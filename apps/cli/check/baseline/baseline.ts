import type { WallOutcome } from '../outcome.js';
import type { Violation, WallName } from '../wall.js';

/** A violation that a codebase had when it began to check, as often as it had it. No line numbers: they change daily. */
export interface BaselineEntry {
  readonly wall: WallName;
  readonly rule: string;
  readonly file: string;
  readonly subject: string;
  readonly count: number;
}

export interface WalledViolation extends Violation {
  readonly wall: WallName;
}

/** The violations held against a baseline. */
export interface Judgement {
  /** Those that no baseline knows, in the order of files, lines and rules. */
  readonly fresh: readonly WalledViolation[];
  /** How many of each wall the baseline knows. */
  readonly known: ReadonlyMap<WallName, number>;
  /** What the baseline lists and is no longer there, with how many are gone. */
  readonly stale: readonly BaselineEntry[];
}

type Key = Omit<BaselineEntry, 'count'>;

/** What makes violations the same one, tomorrow too. */
export function keyOf({ wall, rule, file, subject }: Key): string {
  return JSON.stringify([wall, rule, file, subject]);
}

/** All that these walls found, in the order of files, lines and rules. */
export function found(walls: readonly WallOutcome[]): WalledViolation[] {
  return walls.flatMap(({ name, violations }) => violations.map((each) => ({ ...each, wall: name }))).sort(inOrder);
}

/** What the walls found as a baseline lists it; of walls that did not look what it listed before. */
export function entriesFor(walls: readonly WallOutcome[], before: readonly BaselineEntry[]): BaselineEntry[] {
  const looked = new Set(walls.filter(hasLooked).map(({ name }) => name));
  const now = [...Map.groupBy(found(walls.filter(hasLooked)), keyOf).values()].flatMap((same) =>
    same.slice(0, 1).map(({ wall, rule, file, subject }) => ({ wall, rule, file, subject, count: same.length })),
  );
  return [...before.filter(({ wall }) => !looked.has(wall)), ...now];
}

/** Holds what the walls found against a baseline. A wall that did not look has nothing to say about its entries. */
export function judge(walls: readonly WallOutcome[], entries: readonly BaselineEntry[]): Judgement {
  const looked = walls.filter(hasLooked);
  const left = new Map(entries.map((entry) => [keyOf(entry), entry.count]));
  const known = new Map<WallName, number>();
  const fresh = found(looked).filter((violation) => {
    const key = keyOf(violation);
    const count = left.get(key) ?? 0;
    if (count === 0) return true;
    left.set(key, count - 1);
    known.set(violation.wall, (known.get(violation.wall) ?? 0) + 1);
    return false;
  });
  const stale = entries
    .filter(({ wall }) => looked.some(({ name }) => name === wall))
    .map((entry) => ({ ...entry, count: left.get(keyOf(entry)) ?? 0 }))
    .filter(({ count }) => count > 0);
  return { fresh, known, stale };
}

const hasLooked = ({ trouble }: WallOutcome): boolean => trouble === undefined;

function inOrder(one: WalledViolation, other: WalledViolation): number {
  return (
    compare(one.file, other.file) ||
    (one.line ?? 0) - (other.line ?? 0) ||
    compare(one.rule, other.rule) ||
    compare(one.subject, other.subject)
  );
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
