import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateRepository } from '../../apps/cli/new/generate-repository.js';
import { projectRoot } from '../../apps/cli/project-root.js';
import type { CheckWork } from './workload.js';

/** Beside the generated files, and written last: from which sources they were made. */
const NOTE = '.generated-from';

/** A generated repository of this size, clean; made anew only when what makes it has changed. */
export async function repositoryOf({ modules, filesPerModule }: CheckWork): Promise<string> {
  const root = join(projectRoot, '.cache/bench/check', `${modules}-modules-of-${filesPerModule}`);
  const sources = readFileSync(join(projectRoot, 'dist/.source-hash'), 'utf8');
  const note = join(root, NOTE);
  if (!existsSync(note) || readFileSync(note, 'utf8') !== sources) {
    rmSync(root, { recursive: true, force: true });
    await generateRepository(root, { modules, filesPerModule });
    writeFileSync(note, sources);
  }
  return root;
}

/** Every file that has imports. */
export const sourcesIn = (root: string): string[] => globSync('{src,apps,test}/**/*.{ts,js}', { cwd: root }).sort();

/** Puts `more` behind the content of some files as long as `work` goes on. */
export async function withMore<T>(
  root: string,
  more: Readonly<Record<string, string>>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.keys(more).map((path) => [path, readFileSync(join(root, path), 'utf8')] as const);
  try {
    for (const [path, content] of before) writeFileSync(join(root, path), `${content}${more[path]}`);
    return await work();
  } finally {
    for (const [path, content] of before) writeFileSync(join(root, path), content);
  }
}

/** An import that every candidate must find: of the insides of the last module, in the first one. */
export function plantedIn(root: string): Readonly<Record<string, string>> {
  const modules = sourcesIn(root).filter((path) => /^src\/modules\/[^/]+\/[^/]+[.]module[.]ts$/.test(path));
  const [first, last] = [modules[0] as string, modules.at(-1) as string];
  return {
    [first]: `\nimport * as planted from '#${last.slice('src/'.length, -'.ts'.length)}';\nexport const isPlanted = planted;\n`,
  };
}
