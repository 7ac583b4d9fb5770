import { type Results, ratesSection, type Taken, table } from '../harness/report.js';
import type { Backlog } from './seamline/backlog.js';
import type { Endurance, Minute, TableSize } from './seamline/endurance.js';

export function sectionsOf(scenarios: Results['scenarios']): string[] {
  return [
    ...ratesSection('Publishing', 'transactions a second, 16 clients', scenarios.publish),
    ...ratesSection('Draining', 'messages a second', scenarios.drain),
    ...backlogSection(scenarios.backlog),
    ...enduranceSection(scenarios.endurance),
  ];
}

function backlogSection(taken: Taken | undefined): string[] {
  const result = taken?.rounds.Seamline?.[0] as Backlog | null | undefined;
  if (!result) return [];
  const { tenths, memory } = result;
  const seen = memory.map(({ megabytes }) => megabytes);
  const [first, last] = [memory[0], memory.at(-1)].map((sample) => Math.round(sample?.megabytes ?? 0));
  return [
    '## A backlog',
    table(
      ['tenth of the backlog', 'messages a second'],
      tenths.map((rate, n) => [String(n + 1), Math.round(rate).toLocaleString('en')]),
    ),
    `Resident memory of the process: ${first} MB when it began, ${Math.round(Math.max(...seen))} MB at the peak, ${last} MB at the end.`,
  ];
}

function enduranceSection(taken: Taken | undefined): string[] {
  const result = taken?.rounds.Seamline?.[0] as Endurance | null | undefined;
  if (!result) return [];
  const { minutes } = result;
  const { moving, still } = tablesOf(minutes);
  return [
    '## Endurance, under an old snapshot',
    table(
      ['minute', 'p50, ms', 'p95, ms', 'p99, ms', 'worst, ms'],
      minutes.map(({ minute, commitToEffect: { p50, p95, p99, max } }) => [
        String(minute),
        ...[p50, p95, p99, max].map((value) => value.toFixed(2)),
      ]),
    ),
    'Size and dead rows of each table of both modules at the end of each minute:',
    table(['table', ...minutes.map(({ minute }) => `minute ${minute}`)], moving),
    `The same in all minutes, and without a dead row: ${still.join(', ')}.`,
  ];
}

/** A row for each table whose size changed or that held dead rows, and the names of all others. */
function tablesOf(minutes: readonly Minute[]): { moving: string[][]; still: string[] } {
  const moving: string[][] = [];
  const still: string[] = [];
  for (const name of new Set(minutes.flatMap(({ tables }) => tables.map((each) => each.table)))) {
    const sizes = minutes.map(({ tables }) => tables.find((each) => each.table === name));
    const isStill = sizes.every((size) => size?.bytes === sizes[0]?.bytes && size?.deadTuples === 0);
    if (isStill) still.push(name);
    else moving.push([name, ...sizes.map((size) => (size === undefined ? '' : sizeText(size)))]);
  }
  return { moving, still };
}

function sizeText({ bytes, deadTuples }: TableSize): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MB, ${deadTuples.toLocaleString('en')} dead`;
}
