import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../apps/cli/project-root.js';
import type { Stage } from '../harness/child.js';
import { lookAt } from './look.js';
import { repositoryOf } from './repository.js';
import type { CheckWork, Look } from './workload.js';

const PEERS = join(projectRoot, 'bench/check/peers');
const SHERIFF = 'node_modules/@softarc/sheriff-core/src/bin/main.js';
const DEPENDENCY_CRUISER = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');

const foldersOf = (root: string) => ['src', 'apps', 'test'].filter((folder) => existsSync(join(root, folder)));

/** The very rules that Seamline holds, by the program in whose language they are. */
export function dependencyCruiser(stage: Stage<CheckWork>): Promise<Look> {
  const config = join(stage.folder, 'rules.mjs');
  const rules = join(projectRoot, '.dependency-cruiser.js');
  return lookAt(stage, {
    prepare: (root) =>
      writeFileSync(
        config,
        `import { configurationFor } from ${JSON.stringify(rules)};\nexport default configurationFor(${JSON.stringify(root)});\n`,
      ),
    args: (root) => [
      DEPENDENCY_CRUISER,
      ...foldersOf(root),
      '--config',
      config,
      '--output-type',
      'err',
      '--no-progress',
    ],
  });
}

/** Contracts alone across modules, no module into an app, no kernel into either. */
export function eslintBoundaries(stage: Stage<CheckWork>): Promise<Look> {
  const eslint = join(PEERS, 'node_modules/eslint/bin/eslint.js');
  return lookAt(stage, {
    args: (root) => [eslint, '--config', join(PEERS, 'eslint.config.js'), '--no-warn-ignored', ...foldersOf(root)],
  });
}

/** The same, in Sheriff's words; it follows the imports of the app, and reads aliases from tsconfig.json alone. */
export async function sheriff(stage: Stage<CheckWork>): Promise<Look> {
  const root = await repositoryOf(stage.work);
  const paths = { '#kernel/*': ['./src/shared-kernel/*'], '#modules/*': ['./src/modules/*'], '#apps/*': ['./apps/*'] };
  const own = readFileSync(join(root, 'tsconfig.json'), 'utf8');
  const { compilerOptions, ...rest } = JSON.parse(own);
  try {
    writeFileSync(
      join(root, 'tsconfig.json'),
      JSON.stringify({ ...rest, compilerOptions: { ...compilerOptions, paths } }),
    );
    cpSync(join(PEERS, 'sheriff.config.ts'), join(root, 'sheriff.config.ts'));
    return await lookAt(stage, {
      args: () => [join(PEERS, SHERIFF), 'verify', 'apps/monolith/monolith.module.ts'],
    });
  } finally {
    writeFileSync(join(root, 'tsconfig.json'), own);
    rmSync(join(root, 'sheriff.config.ts'), { force: true });
  }
}
