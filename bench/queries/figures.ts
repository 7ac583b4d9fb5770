import { atLeast, type Figure, type Measured, told, valuesOf } from '../harness/figures.js';
import { ratios } from '../harness/statistics.js';
import type { Calls } from './workload.js';

interface Measure {
  readonly what: string;
  readonly of: (calls: Calls) => number;
  /** Less is better. */
  readonly isTime: boolean;
}

const MEASURES: readonly Measure[] = [
  { what: 'p50', of: ({ roundTrip }) => roundTrip.p50, isTime: true },
  { what: 'p99', of: ({ roundTrip }) => roundTrip.p99, isTime: true },
  { what: 'calls a second, 64 at once', of: ({ perSecond }) => perSecond, isTime: false },
];

/** Every figure, measured or not, in the order of the report. */
export function figuresOf(measured: Measured): Figure[] {
  const compared = (scenario: string, title: string, other: string, isWanted: boolean) =>
    MEASURES.map(({ what, of, isTime }) => {
      const [ours, theirs] = ['Seamline', other].map((name) => valuesOf<Calls>(measured, scenario, name, of));
      const better = isTime ? ratios(theirs ?? [], ours ?? []) : ratios(ours ?? [], theirs ?? []);
      const name = `${title}, ${what}: ${isTime ? `${other} ÷ Seamline` : `Seamline ÷ ${other}`}`;
      return isWanted ? atLeast(1, name, better) : told('×', name, better);
    });
  return [
    ...compared('local', 'in process', 'Moleculer', true),
    ...compared('local', 'in process', 'plain function', false),
    ...compared('tcp', 'over TCP', 'Nest TCP', true),
    ...compared('tcp', 'over TCP', 'Moleculer', true),
    ...compared('tcp', 'over TCP', 'raw TCP echo', false),
  ];
}
