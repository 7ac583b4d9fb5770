import type { Surroundings } from '../harness/machine.js';
import type { Rounds } from '../harness/scenario.js';
import { type Spread, spreadOf } from '../harness/statistics.js';
import { type Figure, figuresOf, type Measured, reached } from './figures.js';
import type { Backlog } from './seamline/backlog.js';
import type { Endurance, Minute, TableSize } from './seamline/endurance.js';

/** One scenario's raw results, and when they were taken. */
export interface Taken {
  readonly measuredAt: string;
  readonly command: string;
  readonly rounds: Rounds;
  readonly skipped: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** What messaging.json holds. */
export interface Results {
  readonly surroundings: Surroundings;
  readonly scenarios: Readonly<Record<string, Taken>>;
}

export function measuredIn({ scenarios }: Results): Measured {
  return Object.fromEntries(Object.entries(scenarios).map(([name, { rounds }]) => [name, rounds]));
}

export function report(results: Results): string {
  const { scenarios } = results;
  return [
    '# Messaging, measured',
    'Made by `npm run bench -- messaging`; what each figure means, and what is equal between the candidates and what is not, stands in [the README](../README.md). Medians, with the least and the most of all rounds in brackets.',
    '![each figure over what was wanted of it, and the rates](messaging.svg)',
    '## Figures',
    figuresTable(figuresOf(measuredIn(results))),
    ...ratesSection('Publishing', 'transactions a second, 16 clients', scenarios.publish),
    ...ratesSection('Draining', 'messages a second', scenarios.drain),
    ...backlogSection(scenarios.backlog),
    ...enduranceSection(scenarios.endurance),
    '## Where and when',
    surroundingsTable(results),
    ...problemsSection(scenarios),
    '',
  ].join('\n\n');
}

function figuresTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [figure.name, wantedText(figure), measuredText(figure), verdict(figure)]);
  return table(['figure', 'wanted', 'measured', ''], rows);
}

function wantedText({ wanted, unit }: Figure): string {
  if (wanted === undefined) return '';
  return 'atLeast' in wanted ? `at least ${wanted.atLeast} ${unit}` : `at most ${wanted.atMost} ${unit}`;
}

export function measuredText({ values, unit }: Figure): string {
  return values.length === 0 ? 'not measured' : spreadText(spreadOf(values), digitsFor(unit), ` ${unit}`);
}

function verdict(figure: Figure): string {
  if (figure.values.length === 0) return '';
  const share = reached(figure, spreadOf(figure.values).median);
  if (share === undefined) return '';
  return share >= 1 ? 'reached' : '**missed**';
}

const digitsFor = (unit: Figure['unit']) => (unit === 'MB' ? 0 : 2);

function spreadText({ median, min, max }: Spread, digits: number, unit = ''): string {
  const text = (value: number) => value.toLocaleString('en', { maximumFractionDigits: digits });
  const [least, most] = [text(min), text(max)];
  return least === most ? `${text(median)}${unit}` : `${text(median)}${unit} (${least}–${most})`;
}

function ratesSection(title: string, unit: string, taken: Taken | undefined): string[] {
  if (!taken) return [];
  const rows = ratesOf(taken.rounds).map(({ name, values }) => [name, spreadText(spreadOf(values), 0)]);
  const skipped = Object.entries(taken.skipped).map(([name, why]) => [name, `skipped: ${why}`]);
  return [`## ${title}`, table(['candidate', unit], [...rows, ...skipped])];
}

/** The rates of each candidate that has any, the fastest first. */
export function ratesOf(rounds: Rounds): { name: string; values: number[] }[] {
  return Object.entries(rounds)
    .map(([name, results]) => ({
      name,
      values: results.flatMap((result) => (result === null ? [] : [(result as { perSecond: number }).perSecond])),
    }))
    .filter(({ values }) => values.length > 0)
    .sort((a, b) => spreadOf(b.values).median - spreadOf(a.values).median);
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

function surroundingsTable({ surroundings, scenarios }: Results): string {
  const taken = Object.entries(scenarios).map(([name, { measuredAt, command }]) => [
    name,
    `${measuredAt}, \`${command}\``,
  ]);
  return table(['', ''], [...Object.entries(surroundings), ...taken]);
}

function problemsSection(scenarios: Results['scenarios']): string[] {
  const problems = Object.values(scenarios).flatMap((taken) => taken.problems);
  if (problems.length === 0) return [];
  return ['## What went wrong', problems.map((problem) => `- ${problem.split('\n')[0]}`).join('\n')];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
