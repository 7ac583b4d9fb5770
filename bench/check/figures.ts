import { type Figure, type Measured, told, valuesOf } from '../harness/figures.js';
import { ratios } from '../harness/statistics.js';
import type { Look } from './workload.js';

const PLAIN = 'dependency-cruiser';
const known = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value));

/** Every figure, measured or not, in the order of the report. */
export function figuresOf(measured: Measured): Figure[] {
  const times = (scenario: string, candidate: string) =>
    valuesOf<Look>(measured, scenario, candidate, ({ seconds }) => seconds);
  const compared = (scenario: string, size: string, candidate: string, other: string): [string, number[]] => [
    `${size}: ${candidate} ÷ ${other}`,
    ratios(times(scenario, candidate), times(scenario, other)),
  ];
  const atMost = (most: number, [name, values]: [string, number[]]): Figure => ({
    name,
    unit: '×',
    wanted: { atMost: most },
    values: known(values),
  });
  const CHANGED = 'Seamline, ten files changed';
  const [small, middle, large] = ['2,000 files', '10,000 files', '30,000 files'];
  return [
    atMost(1.1, compared('small', small as string, 'Seamline', PLAIN)),
    atMost(0.7, compared('large', large as string, 'Seamline', PLAIN)),
    atMost(0.1, compared('large', large as string, CHANGED, PLAIN)),
    {
      name: `${large}: Seamline, most memory`,
      unit: 'MB',
      wanted: { atMost: 2000 },
      values: known(valuesOf<Look>(measured, 'large', 'Seamline', ({ peakMegabytes }) => peakMegabytes)),
    },
    told('×', ...compared('middle', middle as string, 'Seamline', PLAIN)),
    ...['eslint-plugin-boundaries', 'Sheriff'].flatMap((other) => [
      told('×', ...compared('small', small as string, 'Seamline', other)),
      told('×', ...compared('large', large as string, 'Seamline', other)),
    ]),
  ];
}
