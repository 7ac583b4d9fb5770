import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Broken } from './rules.js';

/** Modules without a README that says something under a heading. */
export function readmeViolations(root: string, modules: readonly string[]): Broken[] {
  return modules.flatMap((module) => {
    const folder = `src/modules/${module}`;
    const name = readdirSync(join(root, folder)).find((each) => each.toLowerCase() === 'readme.md');
    const what = name === undefined ? 'is missing' : lacking(readFileSync(join(root, folder, name), 'utf8'));
    if (what === undefined) return [];
    return [
      { rule: 'module-tells-its-purpose', file: `${folder}/${name ?? 'README.md'}`, what, subject: what } as const,
    ];
  });
}

function lacking(text: string): string | undefined {
  const lines = text
    .replace(/<!--[\s\S]*?-->/g, '')
    .split('\n')
    .map((line) => line.trim());
  const isHeading = (line: string, index: number) =>
    /^#{1,6}\s+\S/.test(line) || (/^(?:=+|-+)$/.test(lines[index + 1] ?? '') && line !== '');
  if (!lines.some(isHeading)) return lines.every((line) => line === '') ? 'is empty' : 'has no heading';
  const says = lines.some((line, index) => line !== '' && !/^(?:=+|-+)$/.test(line) && !isHeading(line, index));
  return says ? undefined : 'has a heading and nothing below it';
}
