import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { LEFT_OUT, type Lock, lockFor, type Manifest, manifestFor } from './packages.js';
import { filesBelow } from './sources.js';
import { fateOf, GOES_ALONG, STAYS } from './what-goes-along.js';

const ROOT = process.cwd();

/** What is committed; in a checkout without its history, all that is there. */
function files(): string[] {
  if (!existsSync('.git')) return filesBelow(ROOT, ROOT);
  return execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(existsSync);
}

describe('what a new project takes along', () => {
  it('is decided for every file', () => {
    expect(files().filter((file) => fateOf(file) === undefined)).toEqual([]);
  });

  it('has no part that nothing belongs to any more, and says why of each', () => {
    const used = new Set(files().map((file) => fateOf(file)?.part.path));
    const parts = [...GOES_ALONG, ...STAYS];
    expect(parts.map(({ path }) => path).filter((path) => !used.has(path))).toEqual([]);
    expect(parts.filter(({ why }) => why.length < 5)).toEqual([]);
  });

  it.each([
    ['src/shared-kernel/messaging/relay.spec.ts', true],
    ['src/modules/identity/identity.spec.ts', true],
    ['src/modules/catalog/module.json', false],
    ['apps/cli/start.ts', true],
    ['apps/cli/replay.ts', false],
    ['apps/cli/replay/plan.ts', false],
    ['apps/cli/messages.spec.ts', false],
    ['apps/cli/new/project/make-project.ts', false],
    ['apps/cli/new/kinds/new-module.ts', true],
    ['docs/messages.md', true],
    ['docs/adr/0007-orchestrated-checkout.md', false],
    ['test/scenario.ts', true],
    ['test/shop.ts', false],
    ['test/until.ts', true],
  ])('%s: %s', (file, goes) => {
    expect(fateOf(file)?.goes).toBe(goes);
  });
});

describe('the packages of a new project', () => {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
  const manifest: Manifest = manifestFor('library', read('package.json'));
  const lock: Lock = lockFor(manifest, read('package-lock.json'));

  it('are those of this one, by exact versions, but for what only the shop and the specs of the checks need', () => {
    const here: Manifest = read('package.json');
    expect(Object.keys(here.dependencies).filter((name) => !(name in manifest.dependencies))).toEqual(['csv-parse']);
    expect(manifest.dependencies).toMatchObject({ '@nestjs/core': here.dependencies['@nestjs/core'] });
    for (const name of LEFT_OUT) expect({ ...here.dependencies, ...here.devDependencies }).toHaveProperty([name]);
  });

  it('are locked as npm wants them: the root says what package.json says, and nothing stands there for nobody', () => {
    expect(lock).toMatchObject({ name: 'library', version: '0.1.0' });
    expect(lock.packages['']).toMatchObject({
      name: 'library',
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    expect(lock.packages).not.toHaveProperty(['node_modules/csv-parse']);
    expect(lock.packages).toHaveProperty(['node_modules/@nestjs/core']);
    const missing = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      (name) => !(`node_modules/${name}` in lock.packages),
    );
    expect(missing).toEqual([]);
  });

  it('are found where Node finds them: nested before hoisted', () => {
    const packages = {
      '': { dependencies: { a: '1' } },
      'node_modules/a': { dependencies: { b: '1' }, peerDependencies: { c: '1', absent: '1' } },
      'node_modules/a/node_modules/b': { dependencies: { d: '1' } },
      'node_modules/b': {},
      'node_modules/c': {},
      'node_modules/d': {},
      'node_modules/e': {},
    };
    const own: Manifest = { name: 'x', scripts: {}, dependencies: { a: '1' }, devDependencies: {} };
    expect(Object.keys(lockFor(own, { packages }).packages)).toEqual([
      '',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/c',
      'node_modules/d',
    ]);
  });
});
