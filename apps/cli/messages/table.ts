export interface Column {
  readonly title: string;
  /** Numbers stand right. */
  readonly right?: boolean;
  /** Gives way where the terminal is too narrow. */
  readonly cuts?: boolean;
}

export interface Row {
  readonly cells: readonly string[];
  /** A line of its own below the row. */
  readonly below?: string;
}

const GAP = 2;
const NARROWEST = 8;
/** Whoever wrote a key or a reason may have filled pages; where there is no terminal, a line still has an end. In characters. */
const WIDEST_CELL = 80;
const WIDEST_BELOW = 240;

/**
 * Aligned columns, no wider than the terminal as far as columns that may be cut allow it. What is cut is whole in
 * `messages show` and as JSON.
 */
export function table(columns: readonly Column[], rows: readonly Row[], width: number | undefined): string[] {
  const widths = fitting(columns, rows, width);
  const line = (cells: readonly string[]) =>
    columns
      .map(({ right }, n) => {
        const cell = cut(cells[n] ?? '', widths[n]);
        return right ? cell.padStart(widths[n] ?? 0) : cell.padEnd(widths[n] ?? 0);
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [
    line(columns.map(({ title }) => title)),
    ...rows.flatMap(({ cells, below }) => [line(cells), ...(below ? [cut(`  ${below}`, width ?? WIDEST_BELOW)] : [])]),
  ];
}

function cut(text: string, width: number | undefined): string {
  if (width === undefined || text.length <= width) return text;
  // Not in the middle of a character of two units.
  return `${text.slice(0, Math.max(0, width - 1)).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

function fitting(columns: readonly Column[], rows: readonly Row[], width: number | undefined): number[] {
  const widths = columns.map(({ title, cuts }, n) => {
    const widest = Math.max(title.length, ...rows.map(({ cells }) => (cells[n] ?? '').length));
    return cuts ? Math.min(WIDEST_CELL, widest) : widest;
  });
  const sum = () => widths.reduce((total, each) => total + each + GAP, -GAP);
  while (width !== undefined && sum() > width) {
    const widest = columns
      .map((column, n) => ({ n, width: column.cuts ? (widths[n] as number) : 0 }))
      .sort((a, b) => b.width - a.width)[0];
    if (!widest || widest.width <= NARROWEST) break;
    widths[widest.n] = Math.max(NARROWEST, widest.width - (sum() - width));
  }
  return widths;
}
