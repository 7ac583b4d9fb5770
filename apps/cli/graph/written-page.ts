import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { architecturePage } from './architecture-page.js';
import { readSystem } from './system.js';

/** Where the page is kept, in the project. */
export const PAGE = 'docs/architecture.md';

const file = join(projectRoot, PAGE);

/** The page as it should be now. */
export async function freshPage(): Promise<string> {
  return architecturePage(await readSystem(projectRoot));
}

export async function writePage(): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await freshPage());
}

/** The lines that writing the page anew would remove (`-`) and add (`+`); none when it is fresh. */
export async function staleLines(): Promise<string[]> {
  const written = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  const fresh = (await freshPage()).split('\n');
  if (written.join('\n') === fresh.join('\n')) return [];
  const removed = written.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`);
  const added = fresh.filter((line) => !written.includes(line)).map((line) => `+ ${line}`);
  return removed.length + added.length > 0
    ? [...removed, ...added]
    : ['  only blank lines, or the order of lines, differ'];
}
