import { type Figure, type Measured, reached } from './figures.js';
import type { Surroundings } from './machine.js';
import type { Rounds } from './scenario.js';
import { type Spread, spreadOf } from './statistics.js';

/** One scenario's raw results, and when they were taken. */
export interface Taken {
  readonly measuredAt: string;
  readonly command: string;
  readonly rounds: Rounds;
  readonly skipped: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/** What the JSON of a bench holds. */
export interface Results {
  readonly surroundings: Surroundings;
  readonly scenarios: Readonly<Record<string, Taken>>;
}

export function measuredIn({ scenarios }: Results): Measured {
  return Object.fromEntries(Object.entries(scenarios).map(([name, { rounds }]) => [name, rounds]));
}

export interface Told {
  /** Of the command, and of the files. */
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** Between the figures and the surroundings. */
  readonly sections: readonly string[];
}

export function report(results: Results, { name, title, figures, sections }: Told): string {
  return [
    `# ${title}`,
    `Made by \`npm run bench -- ${name}\`; what each figure means, and what is equal between the candidates and what is not, stands in [the README](../README.md). Medians, with the least and the most of all rounds in brackets.`,
    `![each figure over what was wanted of it, and the rates](${name}.svg)`,
    '## Figures',
    figuresTable(figures),
    ...sections,
    '## Where and when',
    surroundingsTable(results),
    ...problemsSection(results.scenarios),
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

export function spreadText({ median, min, max }: Spread, digits: number, unit = ''): string {
  // Two digits that say something, also of what is far below one.
  const rounding = {
    maximumFractionDigits: digits,
    maximumSignificantDigits: 2,
    roundingPriority: 'morePrecision',
  } as const;
  const text = (value: number) => value.toLocaleString('en', rounding);
  const [least, most] = [text(min), text(max)];
  return least === most ? `${text(median)}${unit}` : `${text(median)}${unit} (${least}–${most})`;
}

export function ratesSection(title: string, unit: string, taken: Taken | undefined): string[] {
  if (!taken) return [];
  const rows = ratesOf(taken.rounds).map(({ name, values }) => [name, spreadText(spreadOf(values), 0)]);
  const skipped = Object.entries(taken.skipped).map(([name, why]) => [name, `skipped: ${why}`]);
  return [`## ${title}`, table(['candidate', unit], [...rows, ...skipped])];
}

interface Column<Result> {
  readonly of: (result: Result) => number;
  readonly digits: number;
}

/** A row for each candidate that has a result. */
export function resultsSection<Result>(
  title: string,
  taken: Taken | undefined,
  columns: Readonly<Record<string, Column<Result>>>,
): string[] {
  if (!taken) return [];
  const rows = Object.entries(taken.rounds).flatMap(([name, results]) => {
    const present = results.filter((result) => result !== null) as Result[];
    if (present.length === 0) return [];
    return [[name, ...Object.values(columns).map(({ of, digits }) => spreadText(spreadOf(present.map(of)), digits))]];
  });
  const none = Object.keys(columns)
    .slice(1)
    .map(() => '');
  const skipped = Object.entries(taken.skipped).map(([name, why]) => [name, `skipped: ${why}`, ...none]);
  return [`## ${title}`, table(['candidate', ...Object.keys(columns)], [...rows, ...skipped])];
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

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}
