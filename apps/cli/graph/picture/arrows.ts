import { escaped, figure } from '../markup.js';
import type { Curves, Point } from './curves.js';
import type { Layout } from './plan.js';
import { type Arrow, type Card, LABEL, labelSize, runsBackwards } from './scene.js';

const HEAD = { length: 10, breadth: 4.5 };

type Way = readonly Curves[];

/** Its line with its heads. */
export function arrowLine(arrow: Arrow, way: Way): string {
  const onwards = endingEarly(way);
  const line = arrow.isTwoWay ? turned(endingEarly(turned(onwards))) : onwards;
  const path = line.map(pathOf).join('');
  const heads = [way, ...(arrow.isTwoWay ? [turned(way)] : [])].map(headOf);
  return group(arrow, `<path class="grip" d="${path}"/><path class="line" d="${path}"/>${heads.join('')}`);
}

/** What stands on it. */
export function arrowLabel(arrow: Arrow, { x, y }: Point): string {
  if (arrow.lines.length === 0) return '';
  const { width, height } = labelSize(arrow);
  const first = y - height / 2 + 4 + LABEL.line - 4;
  const lines = arrow.lines.map(({ text, version }, index) => {
    const pale = version ? ` <tspan class="version">${escaped(version)}</tspan>` : '';
    return textAt(x, first + index * LABEL.line, `${escaped(text)}${pale}`);
  });
  const way = arrow.way
    ? [textAt(x, first + lines.length * LABEL.line, `<tspan class="way">by ${escaped(arrow.way)}</tspan>`)]
    : [];
  const radius = Math.min(8, height / 2);
  const plate = `<rect class="plate" x="${figure(x - width / 2)}" y="${figure(y - height / 2)}" width="${figure(width)}" height="${figure(height)}" rx="${figure(radius)}"/>`;
  return group(arrow, [plate, ...lines, ...way].join(''));
}

/** The way of an arrow as it is drawn: from its sender to its receiver, however it was laid out. */
export function wayOf(arrow: Arrow, index: number, cards: readonly Card[], layout: Layout): Way {
  const way = layout.links[index]?.parts ?? [];
  return runsBackwards(arrow, cards) ? turned(way) : way;
}

const turned = (way: Way): Way => way.toReversed().map((part) => part.toReversed());

function group({ from, to, tone, kinds, title }: Arrow, content: string): string {
  const ends = `data-from="${escaped(from)}" data-to="${escaped(to)}" data-kinds="${kinds.join(' ')}"`;
  return `<g class="arrow ${tone}" ${ends} aria-hidden="true"><title>${escaped(title)}</title>${content}</g>`;
}

function textAt(x: number, y: number, content: string): string {
  return `<text class="label" x="${figure(x)}" y="${figure(y)}">${content}</text>`;
}

function pathOf([start, ...rest]: readonly Point[]): string {
  if (start === undefined) return '';
  return `M${at(start)}C${rest.map(at).join(' ')}`;
}

const at = ({ x, y }: Point): string => `${figure(x)},${figure(y)}`;

/** Ends where the head begins; the line would show at its tip. */
function endingEarly(way: Way): Way {
  const { tip, along } = endOf(way);
  const end = { x: tip.x - along.x * HEAD.length * 0.8, y: tip.y - along.y * HEAD.length * 0.8 };
  return [...way.slice(0, -1), [...(way.at(-1) ?? []).slice(0, -1), end]];
}

function headOf(way: Way): string {
  const { tip, along } = endOf(way);
  const back = { x: tip.x - along.x * HEAD.length, y: tip.y - along.y * HEAD.length };
  const side = { x: -along.y * HEAD.breadth, y: along.x * HEAD.breadth };
  const corners = [tip, { x: back.x + side.x, y: back.y + side.y }, { x: back.x - side.x, y: back.y - side.y }];
  return `<path class="head" d="M${corners.map(at).join('L')}Z"/>`;
}

/** Where it ends, and the direction in which it gets there, of length 1. */
function endOf(way: Way): { tip: Point; along: Point } {
  const points = way.at(-1) ?? [];
  const tip = points.at(-1) ?? { x: 0, y: 0 };
  const before = points.findLast(({ x, y }) => Math.hypot(tip.x - x, tip.y - y) > 1) ?? { x: tip.x - 1, y: tip.y };
  const length = Math.hypot(tip.x - before.x, tip.y - before.y);
  return { tip, along: { x: (tip.x - before.x) / length, y: (tip.y - before.y) / length } };
}
