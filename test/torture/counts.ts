import { openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** What a worker counts of what no transaction would remember. */
const NAMES = ['handled', 'dropped'] as const;
export type Counts = Record<(typeof NAMES)[number], number>;

const counted = new Float64Array(NAMES.length);
let file: number | undefined;

/** From now on this process counts into `folder`; what it has counted outlives its kill -9, since the system keeps it. */
export function countInto(folder: string, worker: string): void {
  file = openSync(join(folder, `${worker}.counts`), 'w');
}

export function count(name: keyof Counts, by = 1): void {
  const place = NAMES.indexOf(name);
  counted[place] = (counted[place] ?? 0) + by;
  if (file !== undefined) writeSync(file, counted, 0, counted.byteLength, 0);
}

/** What all lives of all workers have counted. */
export function readCounts(folder: string): Counts {
  const sums = Object.fromEntries(NAMES.map((name) => [name, 0])) as Counts;
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.counts'))) {
    const bytes = readFileSync(join(folder, name));
    NAMES.forEach((each, i) => {
      if (bytes.length > i * 8) sums[each] += bytes.readDoubleLE(i * 8);
    });
  }
  return sums;
}
