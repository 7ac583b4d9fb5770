/** One thing that breaks a rule. */
export interface Violation {
  readonly rule: string;
  /** Why the rule is there, and what to do. */
  readonly comment: string;
  /** A file, with its line where one can be told. */
  readonly where: string;
  readonly what: string;
}

/** Every violation, those of one rule below its comment. */
export function describe(violations: readonly Violation[]): string {
  const byRule = Map.groupBy(violations, ({ rule }) => rule);
  return [...byRule].map(([rule, broken]) => paragraph(rule, broken)).join('\n\n');
}

function paragraph(rule: string, broken: readonly Violation[]): string {
  const lines = broken.map(({ where, what }) => `  ${where} ${what}`);
  return [rule, ...wrap(broken[0]?.comment ?? '', '  '), '', ...lines].join('\n');
}

const WIDTH = 110;

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
