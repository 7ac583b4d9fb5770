import { styleText } from 'node:util';
import type { CheckOutcome, WallOutcome } from '../outcome.js';
import type { Rule } from '../wall.js';
import { brokenRules, type Report, STALE_MEND } from './report.js';

const WIDTH = 110;

/** For a person at a terminal: what is wrong below its rule, then a table of all that was checked, then a count. */
export function humanReport(report: Report, inColour: boolean): string {
  const styled: Style = (style, text) => (inColour ? styleText(style, text, { validateStream: false }) : text);
  const sections = [
    ...report.checks.flatMap((check) => checkSection(check)),
    ...report.walls.flatMap((wall) => wallSection(wall, report, styled)),
    ...staleSection(report),
  ];
  const blocks = [
    ...sections.map(([title, text]) => `${styled('bold', title)}\n${'─'.repeat(title.length)}\n${text}`),
    [...report.checks, ...report.walls].map((each) => row(each, report, styled)).join('\n'),
    ...summary(report),
  ];
  return `\n${blocks.join('\n\n')}\n`;
}

type Style = (style: 'bold' | 'red' | 'green' | 'yellow', text: string) => string;
type Section = readonly [title: string, text: string];

function checkSection({ name, problems, report, trouble }: CheckOutcome): Section[] {
  if (trouble !== undefined) return [[name, `Could not be checked. ${trouble}`]];
  return problems === 0 ? [] : [[name, report.trim()]];
}

function wallSection(wall: WallOutcome, report: Report, styled: Style): Section[] {
  if (wall.trouble !== undefined) return [[wall.name, `Could not look. ${wall.trouble}`]];
  const rules = brokenRules({ walls: [wall], fresh: report.fresh });
  return rules.length === 0 ? [] : [[wall.name, rules.map((rule) => paragraph(rule, report, styled)).join('\n\n')]];
}

function paragraph({ name, why, mend }: Rule, { fresh }: Report, styled: Style): string {
  const places = fresh
    .filter(({ rule }) => rule === name)
    .map(({ file, line, what }) => `  ${file}${line === undefined ? '' : `:${line}`} ${what}`);
  return [styled('red', name), ...wrap(why, '  '), ...wrap(`→ ${mend}`, '  '), '', ...places].join('\n');
}

function staleSection({ stale, baseline }: Report): Section[] {
  if (stale.length === 0) return [];
  const entries = stale.map(
    ({ wall, rule, file, subject, count }) =>
      `  ${wall} ${rule}: ${file} ${subject}${count > 1 ? ` (${count} of it)` : ''}`,
  );
  return [['baseline', [`${baseline} lists what is no longer there. ${STALE_MEND}`, '', ...entries].join('\n')]];
}

function row(outcome: CheckOutcome | WallOutcome, { fresh, known }: Report, styled: Style): string {
  const { name, seconds, trouble } = outcome;
  const wrong = 'report' in outcome ? outcome.problems : fresh.filter(({ wall }) => wall === name).length;
  const grandfathered = 'report' in outcome ? 0 : (known.get(outcome.name) ?? 0);
  const result = trouble === undefined ? (wrong === 0 ? 'ok' : `${wrong} wrong`) : 'not looked';
  const style = trouble === undefined ? (wrong === 0 ? 'green' : 'red') : 'yellow';
  const aside = grandfathered === 0 ? '' : `  ${grandfathered} known`;
  return `${name.padEnd(14)}${styled(style, result.padEnd(12))}${seconds.toFixed(1).padStart(5)} s${aside}`;
}

function summary(report: Report): string[] {
  const { fresh, known, stale, baseline } = report;
  const rules = brokenRules(report).length;
  const old = [...known.values()].reduce((sum, count) => sum + count, 0);
  const gone = stale.reduce((sum, { count }) => sum + count, 0);
  const sentences = [
    ...(fresh.length === 0 ? [] : [`${counted(fresh.length, 'violation')} of ${counted(rules, 'rule')}.`]),
    ...(old === 0 ? [] : [`${counted(old, 'known violation')} in ${baseline}, to be burnt down.`]),
    ...(gone === 0
      ? []
      : [`${gone} ${old === 0 ? `that ${baseline} lists` : 'more that it lists'} ${gone === 1 ? 'is' : 'are'} gone.`]),
  ];
  return sentences.length === 0 ? [] : [sentences.join(' ')];
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
