import { resolve } from 'node:path';
import { projectRoot } from '../project-root.js';
import { carryOut } from './carry-out.js';
import { foreseen } from './foreseen.js';
import type { Plan } from './plan.js';
import { canRefresh } from './refresh.js';
import { openRepository, type Repository } from './repository.js';

export interface RunOptions {
  /** The repository to add to; this one when undefined. */
  readonly root?: string | undefined;
  /** Only say what would be written. */
  readonly dryRun: boolean;
}

/** Plans something new for a repository, writes it, and says what was written. */
export async function run(
  { root, dryRun }: RunOptions,
  plan: (repository: Repository) => Plan,
  print: (line: string) => void,
): Promise<void> {
  const repository = openRepository(root === undefined ? projectRoot : resolve(root));
  const planned = plan(repository);
  const { created, changed } = await (dryRun ? foreseen(repository, planned) : carryOut(repository.root, planned));
  print(dryRun ? 'It would write:' : 'Wrote:');
  for (const path of created) print(`  + ${path}`);
  for (const path of changed) print(`  ~ ${path}`);
  if (dryRun) return;
  print('Next:');
  for (const step of planned.next) print(`  ${step}`);
  if (!canRefresh(repository.root))
    print('Its generated pages are as they were: run "npx seamline graph" there, once its packages are installed.');
}
