import { exitCodeOf, type Report } from './report.js';

/** Raised when something in the document changes its name or its meaning; not when something is added. */
const VERSION = 1;

/** For programs; docs/check.md says what stands where. */
export function jsonReport(report: Report): string {
  const { root, checks, walls, fresh, known, stale, baseline } = report;
  const document = {
    version: VERSION,
    root,
    exitCode: exitCodeOf(report),
    checks: checks.map(({ name, seconds, problems, report: text, trouble }) => {
      return { name, seconds: rounded(seconds), problems, report: text, trouble };
    }),
    walls: walls.map(({ name, seconds, trouble, rules, notes }) => ({
      name,
      seconds: rounded(seconds),
      rules: rules.length,
      violations: fresh.filter(({ wall }) => wall === name).length,
      known: known.get(name) ?? 0,
      notes,
      trouble,
    })),
    rules: walls.flatMap(({ rules }) => rules.map(({ name, wall, why, mend }) => ({ name, wall, why, mend }))),
    violations: fresh.map(({ wall, rule, file, line, what, subject }) => ({ wall, rule, file, line, what, subject })),
    baseline: baseline === undefined ? null : { file: baseline, stale },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

const rounded = (seconds: number): number => Math.round(seconds * 1000) / 1000;
