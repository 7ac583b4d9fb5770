import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { topologySchema } from '#kernel/topology/topology-schema';
import { projectRoot } from '../project-root.js';
import { architecturePage } from './architecture-page.js';
import { readSystem } from './system.js';

/** Where the page is kept, in the project. */
export const PAGE = 'docs/architecture.md';

/** What is written from the sources, by its place in the project. */
const WRITTEN: Readonly<Record<string, () => Promise<string>>> = {
  [PAGE]: freshPage,
  'topology.schema.json': async () => `${JSON.stringify(topologySchema(), null, 2)}\n`,
};
export const FILES = Object.keys(WRITTEN).join(' and ');

/** The page as it should be now. */
export async function freshPage(): Promise<string> {
  return architecturePage(await readSystem(projectRoot));
}

export async function writeAll(): Promise<void> {
  for (const [place, fresh] of Object.entries(WRITTEN)) {
    const file = join(projectRoot, place);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, await fresh());
  }
}

/** The lines that writing all anew would remove (`-`) and add (`+`); none when all is fresh. */
export async function staleLines(): Promise<string[]> {
  const stale = await Promise.all(
    Object.entries(WRITTEN).map(async ([place, fresh]) => {
      const lines = differences(await readFile(join(projectRoot, place), 'utf8').catch(() => ''), await fresh());
      return lines.length === 0 ? [] : [place, ...lines];
    }),
  );
  return stale.flat();
}

function differences(before: string, after: string): string[] {
  if (before === after) return [];
  const [written, fresh] = [before.split('\n'), after.split('\n')];
  const removed = written.filter((line) => !fresh.includes(line)).map((line) => `- ${line}`);
  const added = fresh.filter((line) => !written.includes(line)).map((line) => `+ ${line}`);
  return removed.length + added.length > 0
    ? [...removed, ...added]
    : ['  only blank lines, or the order of lines, differ'];
}
