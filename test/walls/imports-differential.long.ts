import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { importsWall } from '#apps/cli/check/imports/imports-wall';
import { OWN_RULES } from '#apps/cli/check/imports/own-rules';
import { type Files, withSourceTree } from '../architecture/source-tree.js';
import { everyFormNaming, FIXTURES, FORMS, INTERNALS } from './imports.fixtures.js';

/** Forms in which dependency-cruiser sees no import, or not where it leads. It sees all others. */
const UNSEEN: readonly string[] = [
  'dynamic import, put together',
  'dynamic import, one of two',
  'dynamic import of a URL',
  'require.resolve',
  'module.require',
  'module.require, by brackets',
  'require behind a comma',
  'require under another name',
  'createRequire',
  'createRequire, when it is first needed',
  'createRequire, called at once',
  'createRequire under another name',
  'createRequire of the whole module',
  'createRequire, imported later',
  'createRequire, asked of the process',
  'createRequire, told by a promise',
  'createRequire, only to resolve',
  'import() in a doc comment',
  '@import in a doc comment',
  '@typedef in a doc comment',
  'doc comment in JavaScript',
  'declare module',
  'import inside declare module',
  'path with a query',
  'jest.mock',
  'jest.mock, chained',
  'jest.mock under another name',
  'jest.mock of import.meta',
  'jest.mock of globalThis',
  'jest.unstable_mockModule',
  'jest.requireActual',
  'jest.requireMock',
  'jest.createMockFromModule',
  'vi.mock',
  "mock.module of Node's tests",
  'worker at a URL',
  'URL of a base that is kept',
  'URL.parse',
  'worker at a path',
  'worker at a path, under a name of its own',
  'worker at a path, imported when it is needed',
  'worker at a path, told by a promise',
  'worker at a path, as a class of its own',
  'worker whose module is named by escapes',
  'process at a path',
  'process at a path, by brackets',
  'process at a path, by a part of the module',
  'process at a path, required at once',
  'process of Node at a path',
  'process of Node at a path, behind options',
  'process of Node at a path, loaded before another',
  'process of Node at a path, promised',
  'process of Node at a path, by a shell',
  'process of Node at a URL',
  'import.meta.resolve',
  'module._load',
  'require of a module that is made',
  'require of a module that was made',
  'require of the main module',
  'require of the module above',
  'module.register',
];

const OWN = new Set(OWN_RULES.map(({ name }) => name));

async function byUs(root: string): Promise<string[]> {
  const violations = await importsWall.violations(root, { say: () => {} });
  const shared = violations.filter(({ rule }) => !OWN.has(rule));
  return told(shared.map(({ rule, file, subject }) => [rule, file, subject]));
}

/** The same rules, by dependency-cruiser itself. */
async function byDependencyCruiser(root: string): Promise<string[]> {
  const { configurationFor } = await import(pathToFileURL(join(process.cwd(), '.dependency-cruiser.js')).href);
  const { options, ...ruleSet } = configurationFor(root);
  const { output } = await cruise(
    ['src', 'apps', 'test'],
    { ...options, baseDir: root, validate: true, ruleSet },
    {},
    { tsConfig: extractTsConfig(options.tsConfig.fileName) },
  );
  const { violations } = (output as ICruiseResult).summary;
  return told(violations.map(({ rule, type, from, to }) => [rule.name, from, type === 'dependency' ? to : '']));
}

/** Violations as both tell them; of circles only that there are some, since each takes other ways through a knot. */
function told(violations: readonly (readonly [rule: string, file: string, to: string])[]): string[] {
  const each = violations.map(([rule, file, to]) =>
    rule === 'no-import-cycle' ? rule : `${rule} ${file} ${placeOf(to)}`.trimEnd(),
  );
  return [...new Set(each)].sort();
}

/** Of a package only which one: we look at its types first, and dependency-cruiser at its code. */
const placeOf = (path: string): string => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path;

describe('our own eyes, and those of dependency-cruiser', () => {
  it('see the same imports, but for the forms that are listed', async () => {
    const { files, formOf } = everyFormNaming(INTERNALS);
    await withSourceTree(files, async (root) => {
      const seenIn = (violations: readonly string[]) => {
        const broken = violations.filter((violation) => violation.startsWith('only-a-modules-contract'));
        return new Set(broken.map((violation) => formOf.get(violation.split(' ')[1] as string)));
      };
      const ours = seenIn(await byUs(root));
      const theirs = seenIn(await byDependencyCruiser(root));
      const forms = Object.keys(FORMS);
      expect(forms.filter((form) => !ours.has(form))).toEqual([]);
      expect(forms.filter((form) => !theirs.has(form))).toEqual(UNSEEN);
    });
  });

  it.each(oneOfEachRule())('judge alike: %s', async (_, files) => {
    await withSourceTree(files, async (root) => {
      const theirs = await byDependencyCruiser(root);
      expect(theirs).not.toEqual([]);
      expect(await byUs(root)).toEqual(theirs);
    });
  });

  it('judge this very tree alike', async () => {
    expect(await byUs(process.cwd())).toEqual(await byDependencyCruiser(process.cwd()));
  });
});

function oneOfEachRule(): [string, Files][] {
  const shared = FIXTURES.filter(({ rule, form }) => !OWN.has(rule) && !(form in FORMS));
  return [...Map.groupBy(shared, ({ rule }) => rule)].map(([rule, [first]]) => [rule, first?.broken ?? {}]);
}
