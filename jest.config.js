import { readFileSync } from 'node:fs';

const { imports } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));

/** The `#` imports again, for Jest's search of related tests, which knows no conditions. */
const aliases = Object.entries(imports).map(([alias, { 'seamline-src': source }]) => [
  `^${alias.replace('*', '(.*)')}$`,
  source.replace('./', '<rootDir>/').replace('*', '$1'),
]);

/** ESM all the way: TypeScript is transformed by swc, `#` imports resolve to sources through the project's own condition. */
export default {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['seamline-src', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/{apps,src,test}/**/*.spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1', ...Object.fromEntries(aliases) },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        swcrc: false,
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          target: 'es2023',
          keepClassNames: true,
          experimental: { keepImportAttributes: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: true },
        },
        module: { type: 'nodenext' },
        sourceMaps: 'inline',
      },
    ],
  },
  globalSetup: '<rootDir>/test/global-setup.js',
  globalTeardown: '<rootDir>/test/global-teardown.js',
  maxWorkers: 2,
  cacheDirectory: '<rootDir>/.cache/jest',
  workerIdleMemoryLimit: '1GB',
  testTimeout: 90_000,
};
