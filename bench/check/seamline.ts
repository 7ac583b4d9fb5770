import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../apps/cli/project-root.js';
import type { Stage } from '../harness/child.js';
import { asTested, failureOf, lookAt, type Program, run } from './look.js';
import { repositoryOf, sourcesIn, withMore } from './repository.js';
import type { CheckWork, Look } from './workload.js';

const check: Program = {
  args: (root) => [join(projectRoot, 'bin/seamline.js'), 'check', '--only', 'imports', '--root', root],
};
const CHANGED = 10;

/** With nothing that was remembered. */
export function cold(stage: Stage<CheckWork>): Promise<Look> {
  return lookAt(stage, { ...check, prepare: (root) => rmSync(join(root, '.cache'), { recursive: true, force: true }) });
}

/** After a look at the same repository, in which ten files have changed since. */
export async function changed({ work, folder }: Stage<CheckWork>): Promise<Look> {
  const root = await repositoryOf(work);
  const files = sourcesIn(root);
  await run(check, root, folder);
  const step = Math.floor(files.length / CHANGED);
  const more = Array.from({ length: CHANGED }, (_, n) => [
    files[n * step] as string,
    `\n// changed at ${Date.now()}\n`,
  ]);
  const measured = await withMore(root, Object.fromEntries(more), () => run(check, root, folder));
  if (measured.code !== 0) throw failureOf(measured);
  return asTested(measured, { program: check, root, folder, files: files.length, isTested: work.isTested });
}
