import type { Judgement } from '../baseline/baseline.js';
import type { CheckOutcome, WallOutcome } from '../outcome.js';
import type { Rule } from '../wall.js';

/** Everything that a format has to say. */
export interface Report extends Judgement {
  /** Absolute. */
  readonly root: string;
  readonly checks: readonly CheckOutcome[];
  readonly walls: readonly WallOutcome[];
  /** The baseline's file, as the user would name it; undefined where there is none. */
  readonly baseline: string | undefined;
}

/** 0 where nothing is wrong, 1 where something is, 2 where something could not be looked at. */
export function exitCodeOf({ checks, walls, fresh, stale }: Report): 0 | 1 | 2 {
  if ([...checks, ...walls].some(({ trouble }) => trouble !== undefined)) return 2;
  return fresh.length > 0 || stale.length > 0 || checks.some(({ problems }) => problems > 0) ? 1 : 0;
}

/** The rules that these violations break, each once, by wall and name. */
export function brokenRules({ walls, fresh }: Pick<Report, 'walls' | 'fresh'>): Rule[] {
  const broken = new Set(fresh.map(({ rule }) => rule));
  return walls.flatMap(({ rules }) => rules.filter(({ name }) => broken.has(name)));
}

export const STALE_MEND = 'Burn it down: run "npx seamline check --write-baseline" and commit what it writes.';
