/** The middle of several rounds, and how far they lie apart. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 50), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The value at or below which `percent` of the values lie, between the two nearest ones where it falls between them.
 * Source: NIST/SEMATECH e-Handbook of Statistical Methods, 7.2.6.2, as in most spreadsheets.
 */
export function percentile(values: readonly number[], percent: number): number {
  if (values.length === 0) throw new Error('There is no percentile of no values.');
  const sorted = Float64Array.from(values).sort();
  const rank = ((sorted.length - 1) * percent) / 100;
  const below = sorted[Math.floor(rank)] as number;
  const above = sorted[Math.ceil(rank)] as number;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** One candidate over another, round by round: both have seen the same minute of the machine. */
export function ratios(numerators: readonly number[], denominators: readonly number[]): number[] {
  return numerators.slice(0, denominators.length).map((value, round) => value / (denominators[round] as number));
}

export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** In the unit of the values. */
export function latenciesOf(values: readonly number[]): Latencies {
  const at = (percent: number) => percentile(values, percent);
  return { count: values.length, p50: at(50), p95: at(95), p99: at(99), max: at(100) };
}
