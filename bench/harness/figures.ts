import type { Rounds } from './scenario.js';

/** What came out of each scenario that was run, by its name. */
export type Measured = Readonly<Record<string, Rounds>>;

export interface Figure {
  readonly name: string;
  readonly unit: '×' | 'ms' | 'MB';
  /** What it must reach, or stay within; some figures are only told. */
  readonly wanted?: { readonly atLeast: number } | { readonly atMost: number };
  /** One value a round; none when it was not measured. */
  readonly values: readonly number[];
}

/** A round that failed has no value, and neither has what is compared with it. */
export function valuesOf<Result>(
  measured: Measured,
  scenario: string,
  candidate: string,
  value: (result: Result) => number,
): number[] {
  return (measured[scenario]?.[candidate] ?? []).map((result) =>
    result === null ? Number.NaN : value(result as Result),
  );
}

const known = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value));

export const atLeast = (wanted: number, name: string, values: readonly number[]): Figure => ({
  name,
  unit: '×',
  wanted: { atLeast: wanted },
  values: known(values),
});

export const atMost = (wanted: number, name: string, values: readonly number[]): Figure => ({
  name,
  unit: 'ms',
  wanted: { atMost: wanted },
  values: known(values),
});

export const told = (unit: Figure['unit'], name: string, values: readonly number[]): Figure => ({
  name,
  unit,
  values: known(values),
});

/** How many times better than wanted; below 1 it was missed. */
export function reached({ wanted }: Figure, value: number): number | undefined {
  if (wanted === undefined) return undefined;
  return 'atLeast' in wanted ? value / wanted.atLeast : wanted.atMost / value;
}
