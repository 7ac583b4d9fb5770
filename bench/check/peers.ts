import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../apps/cli/project-root.js';
import type { Stage } from '../harness/child.js';
import { lookAt } from './look.js';
import type { CheckWork, Look } from './workload.js';

const PEERS = join(projectRoot, 'bench/check/peers');
const DEPENDENCY_CRUISER = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

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
    args: () => [
      DEPENDENCY_CRUISER,
      'src',
      'apps',
      'test',
      '--config',
      config,
      '--output-type',
      'err',
      '--no-progress',
    ],
    found: 1,
  });
}

/** Contracts alone across modules, no module into an app, no kernel into either. */
export function eslintBoundaries(stage: Stage<CheckWork>): Promise<Look> {
  const eslint = join(PEERS, 'node_modules/eslint/bin/eslint.js');
  return lookAt(stage, {
    args: () => [eslint, '--config', join(PEERS, 'eslint.config.js'), '--no-warn-ignored', 'src', 'apps', 'test'],
    found: 1,
  });
}

/** The same, in Sheriff's words. */
export function sheriff(stage: Stage<CheckWork>): Promise<Look> {
  return lookAt(stage, {
    prepare: (root) => cpSync(join(PEERS, 'sheriff.config.ts'), join(root, 'sheriff.config.ts')),
    args: () => [join(PEERS, 'node_modules/@softarc/sheriff-core/src/bin/main.js'), 'verify', 'apps/monolith/main.ts'],
    found: 1,
  });
}
