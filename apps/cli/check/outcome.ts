import type { HousekeepingName } from './names.js';
import type { Rule, Violation, WallName } from './wall.js';

interface Outcome {
  readonly seconds: number;
  /** Why it could not look, with the mend; undefined where it could. */
  readonly trouble?: string | undefined;
}

/** What one of the checks of this project alone found. */
export interface CheckOutcome extends Outcome {
  readonly name: HousekeepingName;
  readonly problems: number;
  readonly report: string;
}

/** What a wall found, known or not. */
export interface WallOutcome extends Outcome {
  readonly name: WallName;
  readonly rules: readonly Rule[];
  readonly violations: readonly Violation[];
  /** What it told on its way. */
  readonly notes: readonly string[];
}
