// What eslint-plugin-boundaries can say of Seamline's rules: contracts alone across modules, no module into an app, no
// kernel into either.
import { fileURLToPath } from 'node:url';
import boundaries from 'eslint-plugin-boundaries';
import typescript from 'typescript-eslint';

/** By its path, since it is looked for beside the files that are read. */
const RESOLVER = fileURLToPath(import.meta.resolve('eslint-import-resolver-typescript'));

export default [
  {
    files: ['**/*.ts'],
    languageOptions: { parser: typescript.parser },
    plugins: { boundaries },
    settings: {
      'import/resolver': {
        [RESOLVER]: { conditionNames: ['seamline-src', 'types', 'import', 'node', 'default'], alwaysTryTypes: false },
      },
      'boundaries/elements': [
        { type: 'module', pattern: 'src/modules/*', capture: ['name'] },
        { type: 'kernel', pattern: 'src/shared-kernel' },
        { type: 'app', pattern: 'apps/*', capture: ['name'] },
      ],
      'boundaries/files': [{ category: 'contract', pattern: 'src/modules/*/contract/**' }],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            { from: { element: { type: 'module' } }, allow: { to: { element: { type: 'kernel' } } } },
            { from: { element: { type: 'module' } }, allow: { to: { file: { categories: 'contract' } } } },
            {
              from: { element: { type: 'app' } },
              allow: { to: { element: { types: { anyOf: ['app', 'module', 'kernel'] } } } },
            },
          ],
        },
      ],
    },
  },
];
