import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { moduleSchema } from '#kernel/topology/module-schema';
import { topologySchema } from '#kernel/topology/topology-schema';
import { rulesPage } from '../check/rules-page.js';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';
import { architecturePage } from './architecture-page.js';
import { differences } from './differences.js';
import { pictureFile } from './picture/picture.js';
import { readSystem } from './read-system.js';
import type { System } from './system.js';

/** What is written from the sources, by its place in the project. */
const WRITTEN: Readonly<Record<string, (system: System) => string | Promise<string>>> = {
  'docs/architecture.md': (system) => architecturePage(system, 'architecture.svg'),
  'docs/architecture.svg': pictureFile,
  'docs/rules.md': () => rulesPage(projectRoot),
  'module.schema.json': () => `${JSON.stringify(moduleSchema(), null, 2)}\n`,
  'topology.schema.json': () => `${JSON.stringify(topologySchema(), null, 2)}\n`,
};
export const PLACES = Object.keys(WRITTEN);
export const FILES = `${PLACES.slice(0, -1).join(', ')} and ${PLACES.at(-1)}`;

/** What is missing in the sources would make all that is written from them look stale. */
export class SourcesUnread extends UserError {}

export async function writeAll(): Promise<void> {
  for (const [place, text] of await fresh((line) => process.stderr.write(`${line}\n`))) {
    const file = join(projectRoot, place);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

/**
 * The lines that writing all anew would remove (`-`) and add (`+`); none when all is fresh.
 * @throws SourcesUnread where not all of the sources can be read
 */
export async function staleLines(): Promise<string[]> {
  const unread: string[] = [];
  const texts = await fresh((line) => unread.push(line));
  if (unread.length > 0)
    throw new SourcesUnread(unread.join('\n'), `Until that is mended, nobody can tell whether ${FILES} are stale.`);
  const stale = texts.map(async ([place, text]) => {
    const lines = differences(await readFile(join(projectRoot, place), 'utf8').catch(() => ''), text);
    return lines.length === 0 ? [] : [place, ...lines];
  });
  return (await Promise.all(stale)).flat();
}

/** Each place, with the text as it should be now. What breaks a wall is for `seamline check` to say. */
async function fresh(say: (line: string) => void): Promise<[string, string][]> {
  const system = await readSystem(projectRoot, { say });
  return Promise.all(Object.entries(WRITTEN).map(async ([place, write]) => [place, await write(system)]));
}
