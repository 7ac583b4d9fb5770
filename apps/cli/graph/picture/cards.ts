import { escaped, figure } from '../markup.js';
import type { Area } from './plan.js';
import { type Card, COMPACT, COMPACT_TITLE, type Frame, ROOMY, ROOMY_TITLE } from './scene.js';
import { textWidth } from './text-width.js';

/** An app, around its modules. */
export function frameOf({ x, y, width, height }: Area): string {
  return `<rect class="frame" x="${figure(x)}" y="${figure(y)}" width="${figure(width)}" height="${figure(height)}" rx="14"/>`;
}

/** Its name and how others reach it, where arrows have been drawn already. */
export function frameTitle({ app, about }: Frame, { x, y }: Area, isCompact: boolean): string {
  const title = isCompact ? COMPACT_TITLE : ROOMY_TITLE;
  const [left, base] = [x + 18, y + title.base];
  const after = left + textWidth(app.name, title.text) + title.text * 0.8;
  const rest = about === '' ? '' : `<tspan class="about" x="${figure(after)}">${escaped(about)}</tspan>`;
  return `<text class="frame-title" x="${figure(left)}" y="${figure(base)}">${escaped(app.name)}${rest}</text>`;
}

/** A module, which can be reached by keyboard where a script takes the keys. */
export function cardAt(card: Card, { x, y }: Area, isCompact: boolean): string {
  const { module, width, height, own, wrong } = card;
  const classes = ['module', ...(wrong > 0 ? ['wrong'] : []), ...(module.app === undefined ? ['unplaced'] : [])];
  const content = [
    `<rect class="card" width="${figure(width)}" height="${figure(height)}" rx="${isCompact ? 8 : 10}"/>`,
    ...wordsOn(card, isCompact ? COMPACT : ROOMY),
    ...(own > 0 && !isCompact ? [`<text class="own" x="${figure(width - 14)}" y="47">${own} to itself</text>`] : []),
    ...(wrong > 0 ? [badge(width, wrong)] : []),
  ];
  const at = `translate(${figure(x)} ${figure(y)})`;
  return `<g class="${classes.join(' ')}" data-module="${escaped(module.name)}" transform="${at}"><title>${escaped(tip(card))}</title>${content.join('')}</g>`;
}

function wordsOn({ title, schema, lines }: Card, { padding, name, line, head }: typeof ROOMY): string[] {
  const base = padding + name - 3;
  const below = base + (head - base) * 0.52;
  return [
    `<text class="name" x="${padding}" y="${figure(base)}">${escaped(title)}</text>`,
    cylinder(padding, below - 9),
    `<text class="schema mono" x="${padding + 15}" y="${figure(below)}">${escaped(schema)}</text>`,
    ...lines.map((text, index) => {
      return `<text class="purpose" x="${padding}" y="${figure(head + 10 + index * line)}">${escaped(text)}</text>`;
    }),
  ];
}

/** The usual sign of a database. */
function cylinder(x: number, y: number): string {
  return `<path class="cylinder" transform="translate(${figure(x)} ${figure(y)})" d="M0 2.2v5.8c0 2.6 9 2.6 9 0v-5.8M0 2.2c0-2.6 9-2.6 9 0s-9 2.6-9 0"/>`;
}

function badge(right: number, count: number): string {
  return `<g class="badge" transform="translate(${figure(right)} 0)"><circle r="10"/><text y="4">${count > 99 ? '99+' : count}</text></g>`;
}

function tip({ module, own, wrong }: Card): string {
  return [
    `${module.name}${module.purpose === '' ? '' : `: ${module.purpose}`}`,
    ...(own > 0 ? [`It takes ${own} of its own messages.`] : []),
    ...(wrong > 0 ? [`${wrong === 1 ? '1 violation is' : `${wrong} violations are`} its fault.`] : []),
  ].join('\n');
}
