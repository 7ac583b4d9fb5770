import { relative, sep } from 'node:path';
import { type Report, STALE_MEND } from './report.js';

/**
 * Workflow commands by which GitHub shows what is wrong beside the lines of a change.
 * @param workspace the checkout, to which GitHub takes paths to be relative
 */
export function githubReport(report: Report, workspace: string): string {
  const { root, checks, walls, fresh, stale, baseline } = report;
  const rules = new Map(walls.flatMap((wall) => wall.rules.map((rule) => [rule.name, rule])));
  const prefix = pathTo(root, workspace);
  const commands = [
    ...[...checks, ...walls].flatMap(({ name, trouble }) =>
      trouble === undefined ? [] : [command({ title: `${name} could not look` }, trouble)],
    ),
    ...checks.flatMap(({ name, problems, report: text }) =>
      problems === 0 ? [] : [command({ title: `${name}: ${problems} wrong` }, text.trim())],
    ),
    ...fresh.map(({ rule, file, line, what }) => {
      const { why = '', mend = '' } = rules.get(rule) ?? {};
      return command({ file: `${prefix}${file}`, line, title: rule }, `${what}\n${why}\n${mend}`);
    }),
    ...stale.map(({ rule, file, subject, count }) =>
      command(
        { file: baseline, title: 'baseline' },
        `${rule}: ${file} ${subject}: ${count} of it no longer there. ${STALE_MEND}`,
      ),
    ),
  ];
  return commands.map((line) => `${line}\n`).join('');
}

/** How the files of the root begin, seen from the checkout; nothing for a root outside it. */
function pathTo(root: string, workspace: string): string {
  const path = relative(workspace, root);
  return path === '' || path.startsWith('..') ? '' : `${path.split(sep).join('/')}/`;
}

type Properties = Readonly<Record<string, string | number | undefined>>;

function command(properties: Properties, message: string): string {
  const given = Object.entries(properties).filter(([, value]) => value !== undefined);
  return `::error ${given.map(([name, value]) => `${name}=${escapedProperty(String(value))}`).join(',')}::${escaped(message)}`;
}

const escaped = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

const escapedProperty = (text: string): string => escaped(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
