import type { Spread } from './statistics.js';

export interface Bar extends Spread {
  readonly label: string;
  /** What stands at the end of the row. */
  readonly note: string;
  readonly isOurs: boolean;
}

export interface Panel {
  readonly title: string;
  readonly bars: readonly Bar[];
  /** A value to compare with, drawn across all bars. */
  readonly line?: number;
}

const WIDTH = 1080;
const LABELS = 390;
const NOTES = 190;
const ROW = 26;
const HEAD = 44;
const GAP = 22;
const TOP = 56;

/** Horizontal bars with a whisker from the least to the most, as an SVG that is readable on light and dark pages alike. */
export function plot(title: string, panels: readonly Panel[]): string {
  const heights = panels.map(({ bars }) => HEAD + bars.length * ROW + GAP);
  const height = TOP + heights.reduce((sum, each) => sum + each, 0);
  let top = TOP;
  const drawn = panels.map((panel, n) => {
    const at = top;
    top += heights[n] as number;
    return drawPanel(panel, at);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="Helvetica, Arial, sans-serif" font-size="13" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    text(24, 34, title, 'font-size="20" font-weight="bold"'),
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ title, bars, line }: Panel, top: number): string {
  const most = Math.max(line ?? 0, ...bars.map(({ max }) => max)) * 1.02;
  const x = (value: number) => LABELS + (value / most) * (WIDTH - LABELS - NOTES);
  const begin = top + HEAD - 10;
  const end = begin + bars.length * ROW;
  return [
    text(24, top + 14, title, 'font-size="15" font-weight="bold"'),
    ...bars.map((bar, n) => drawBar(bar, begin + n * ROW, x, line)),
    stroke(LABELS, begin, LABELS, end, '#444444', 1),
    line === undefined ? '' : stroke(x(line), begin - 6, x(line), end + 2, '#b3261e', 2, '5 4'),
  ].join('\n');
}

function drawBar({ label, note, median, min, max, isOurs }: Bar, top: number, x: (value: number) => number, line = 0) {
  const middle = top + ROW / 2;
  const colour = !isOurs ? '#9aa5b1' : median >= line ? '#2f6f4f' : '#c9792b';
  return [
    text(LABELS - 10, middle + 4, label, 'text-anchor="end"'),
    `<rect x="${LABELS}" y="${top + 4}" width="${(x(median) - LABELS).toFixed(1)}" height="${ROW - 8}" fill="${colour}"/>`,
    stroke(x(min), middle, x(max), middle, '#111111', 1.5),
    stroke(x(min), middle - 4, x(min), middle + 4, '#111111', 1.5),
    stroke(x(max), middle - 4, x(max), middle + 4, '#111111', 1.5),
    text(WIDTH - NOTES + 16, middle + 4, note, 'fill="#333333"'),
  ].join('\n');
}

function stroke(x1: number, y1: number, x2: number, y2: number, colour: string, width: number, dashes = ''): string {
  const dashed = dashes === '' ? '' : ` stroke-dasharray="${dashes}"`;
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="${colour}" stroke-width="${width}"${dashed}/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escaped(content)}</text>`;
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
