import { figure } from '../markup.js';
import { textWidth } from './text-width.js';

const SIZE = 11.5;
const SAMPLE = 40;

/** What each line means, in a row. */
export function legend(x: number, y: number, isCompact: boolean, hasViolations: boolean): string {
  const entries = [
    { tone: 'command', text: 'command, to its one receiver' },
    { tone: 'event', text: 'event, to who subscribes' },
    { tone: 'query', text: 'query, to who answers' },
    ...(isCompact ? [{ tone: 'mixed', text: 'several kinds; the number counts messages' }] : []),
    ...(hasViolations ? [{ tone: 'wrong', text: 'breaks a wall' }] : []),
  ];
  const drawn: string[] = [];
  let left = x;
  for (const { tone, text } of entries) {
    drawn.push(
      `<g class="arrow ${tone}" transform="translate(${figure(left)} ${figure(y)})"><path class="line" d="M0,0H${SAMPLE - 8}"/><path class="head" d="M${SAMPLE},0L${SAMPLE - 10},-4.5L${SAMPLE - 10},4.5Z"/></g>`,
      `<text x="${figure(left + SAMPLE + 8)}" y="${figure(y + 4)}">${text}</text>`,
    );
    left += SAMPLE + 8 + textWidth(text, SIZE) + 26;
  }
  return `<g class="legend">${drawn.join('')}</g>`;
}

/** The least width of a picture, so that its legend fits. */
export function legendWidth(isCompact: boolean, hasViolations: boolean): number {
  return 620 + (isCompact ? 310 : 0) + (hasViolations ? 150 : 0);
}
