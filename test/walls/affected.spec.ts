import { execFile } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { affectedModules } from '#apps/cli/check/imports/affected';
import { type Files, withSourceTree } from '../architecture/source-tree.js';

/** orders needs catalog's price, of which catalog's currency is a part; shipping needs orders; billing stands alone. */
const TREE: Files = {
  'src/modules/billing/module.json': [],
  'src/modules/billing/billing.module.ts': 'export const BillingModule = 1;',
  'src/modules/billing/billing.spec.ts': "import '#test/support';",
  'src/modules/catalog/module.json': [],
  'src/modules/catalog/catalog.module.ts': "import './contract/price.js';",
  'src/modules/catalog/contract/price.ts': "export type { Currency } from './currency.js';",
  'src/modules/catalog/contract/currency.ts': 'export type Currency = string;',
  'src/modules/catalog/contract/name.ts': 'export type Name = string;',
  'src/modules/orders/module.json': ['catalog'],
  'src/modules/orders/contract/order-placed.ts': 'export type OrderPlaced = 1;',
  'src/modules/orders/orders.module.ts':
    "import type { Currency } from '#modules/catalog/contract/price'; export type C = Currency;",
  'src/modules/shipping/module.json': ['orders'],
  'src/modules/shipping/shipping.module.ts': "import '#modules/orders/contract/order-placed';",
  'src/shared-kernel/relay.ts': 'export const relay = 1;',
  'apps/monolith/main.ts': "import '#modules/orders/orders.module';",
  'test/support.ts': 'export const support = 1;',
  'test/setup.js': '',
  'test/shop.spec.ts': '',
  'docs/how.md': '',
  'README.md': '',
  'topology.json': '{}',
  '.gitignore': 'node_modules\n.cache\n',
};
const ALL = ['billing', 'catalog', 'orders', 'shipping'];

const run = promisify(execFile);
const git = (cwd: string, ...args: string[]) =>
  run('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', ...args], { cwd });

const append = (path: string) => (root: string) => writeFile(join(root, path), '\n// changed', { flag: 'a' });
const add = (path: string, content: string) => async (root: string) => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
};

/** Hands a repository with one commit on `main` to `use`. */
function withRepository<T>(use: (root: string) => Promise<T>): Promise<T> {
  return withSourceTree(TREE, async (root) => {
    await git(root, 'init', '--quiet', '--initial-branch=main');
    await git(root, 'add', '.');
    await git(root, 'commit', '--quiet', '--message=before');
    return use(root);
  });
}

const CHANGES: readonly (readonly [
  what: string,
  modules: readonly string[],
  change: (root: string) => Promise<unknown>,
])[] = [
  ['of nothing', [], async () => undefined],
  ['of the insides of a module', ['billing'], append('src/modules/billing/billing.module.ts')],
  ['of a contract that others import', ['catalog', 'orders'], append('src/modules/catalog/contract/price.ts')],
  ['of what a contract is made of', ['catalog', 'orders'], append('src/modules/catalog/contract/currency.ts')],
  ['of a contract that nobody imports', ['catalog'], append('src/modules/catalog/contract/name.ts')],
  ['of a declaration', ['orders', 'shipping'], add('src/modules/orders/module.json', '{}')],
  ['of a new file', ['shipping'], add('src/modules/shipping/new.ts', '')],
  [
    'of a contract that is gone',
    ['catalog', 'orders'],
    (root) => rm(join(root, 'src/modules/catalog/contract/price.ts')),
  ],
  [
    'of a file that was moved to another module',
    ['billing', 'catalog'],
    (root) => rename(join(root, 'src/modules/catalog/contract/name.ts'), join(root, 'src/modules/billing/name.ts')),
  ],
  ['of the kernel', ALL, append('src/shared-kernel/relay.ts')],
  ['of the topology', ALL, append('topology.json')],
  ['of the packages', ALL, append('package.json')],
  ['of what the tests of a module use', ['billing'], append('test/support.ts')],
  ['of what all tests may use', ALL, append('test/setup.js')],
  ['of a test of the whole', [], append('test/shop.spec.ts')],
  ['of an app', [], append('apps/monolith/main.ts')],
  ['of words', [], async (root) => Promise.all(['README.md', 'docs/how.md'].map((path) => append(path)(root)))],
];

describe('the modules that a change can reach', () => {
  it('are those whose files have changed, and those that import what has', async () => {
    await withRepository(async (root) => {
      for (const [what, modules, change] of CHANGES) {
        await change(root);
        expect([what, await affectedModules(root, 'main')]).toEqual([what, modules]);
        await git(root, 'reset', '--quiet', '--hard');
        await git(root, 'clean', '--quiet', '--force', '-d');
      }
    });
  });

  it('are those of this branch: committed, staged and not, but not what has happened on the other', async () => {
    await withRepository(async (root) => {
      await git(root, 'checkout', '--quiet', '-b', 'mine');
      await append('src/modules/billing/billing.module.ts')(root);
      await git(root, 'commit', '--quiet', '--all', '--message=mine');
      await git(root, 'checkout', '--quiet', 'main');
      await append('src/shared-kernel/relay.ts')(root);
      await git(root, 'commit', '--quiet', '--all', '--message=theirs');
      await git(root, 'checkout', '--quiet', 'mine');
      await append('src/modules/shipping/shipping.module.ts')(root);
      await git(root, 'add', '.');
      await append('src/modules/catalog/catalog.module.ts')(root);
      expect(await affectedModules(root, 'main')).toEqual(['billing', 'catalog', 'shipping']);
    });
  });

  it('are told of a repository that is a part of another', async () => {
    await withSourceTree({}, async (whole) => {
      await git(whole, 'init', '--quiet', '--initial-branch=main');
      const root = join(whole, 'shop');
      await add('shop/src/modules/billing/billing.module.ts', '')(whole);
      await add('other/x.ts', '')(whole);
      await git(whole, 'add', '.');
      await git(whole, 'commit', '--quiet', '--message=before');
      await append('other/x.ts')(whole);
      expect(await affectedModules(root, 'HEAD')).toEqual([]);
      await append('shop/src/modules/billing/billing.module.ts')(whole);
      expect(await affectedModules(root, 'HEAD')).toEqual(['billing']);
    });
  });

  it('cannot be told from a revision that is not there, from another past, or without git', async () => {
    await withRepository(async (root) => {
      await expect(affectedModules(root, 'nowhere')).rejects.toThrow('There is no revision "nowhere" here.');
      await expect(affectedModules(root, '--all')).rejects.toThrow('There is no revision "--all" here.');
      await git(root, 'checkout', '--quiet', '--orphan', 'other');
      await git(root, 'commit', '--quiet', '--message=other');
      await expect(affectedModules(root, 'main')).rejects.toThrow(/where this branch left "main"/);
    });
    await withSourceTree(TREE, async (root) => {
      await expect(affectedModules(root, 'main')).rejects.toThrow(/in no git repository/);
    });
  });
});
