import { execFile } from 'node:child_process';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type Files, withSourceTree } from '#test/architecture/source-tree';
import { UserError } from '../user-error.js';
import { type Asked, answer } from './answer.js';

const HEALTHY: Files = {
  'topology.json': '{ "transport": "in-process", "apps": { "monolith": { "modules": ["orders", "stock"] } } }',
  'apps/monolith/monolith.module.ts': `
    import { Module } from '@nestjs/common';
    import { OrdersModule } from '#modules/orders/orders.module';
    import { StockModule } from '#modules/stock/stock.module';
    @Module({ imports: [OrdersModule, StockModule] })
    export class MonolithModule {}`,
  'src/modules/orders/README.md': '# Orders\n\nTakes orders.',
  'src/modules/orders/module.json': [],
  'src/modules/orders/orders.module.ts': 'export class OrdersModule {}',
  'src/modules/stock/README.md': '# Stock\n\nCounts what is there.',
  'src/modules/stock/module.json': [],
  'src/modules/stock/stock.module.ts': 'export class StockModule {}',
};

const UNKNOWN = {
  'src/modules/stock/module.json': '{\n"name": "stock",\n"schema": "stock",\n"dependsOn": ["prices", "prices"]\n}',
};

/** What the command prints, tells beside it, and exits with; or how it refuses. */
async function check(root: string, asked: Partial<Asked> = {}) {
  const printed: string[] = [];
  const told: string[] = [];
  const given = {
    format: 'human',
    writeBaseline: false,
    fix: false,
    affected: false,
    root,
    only: 'topology',
    ...asked,
  };
  const streams = {
    print: (text: string) => printed.push(text),
    tell: (line: string) => told.push(line),
    inColour: false,
  };
  const code = await answer(given, streams).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    told.push(`${error.message} ${error.mend}`);
    return error.exitCode;
  });
  return { code, output: printed.join(''), told: told.join('\n') };
}

const checkTree = (files: Files, asked: Partial<Asked> = {}) =>
  withSourceTree({ ...HEALTHY, ...files }, (root) => check(root, asked));

const plain = (output: string) => output.replace(/\d+\.\d s/g, 'N s').split('\n');

describe('seamline check', () => {
  it('exits with 0 where nothing is wrong, and then only says so', async () => {
    const { code, output, told } = await checkTree({});
    expect({ code, output: plain(output), told }).toEqual({
      code: 0,
      output: ['', 'topology      ok            N s', ''],
      told: '',
    });
  });

  it('exits with 1 and tells all that is wrong: the rule, why, the mend, the places, and how many', async () => {
    const { code, output } = await checkTree({ ...UNKNOWN, 'src/modules/orders/README.md': '' });
    expect(code).toBe(1);
    expect(plain(output)).toEqual([
      '',
      'topology',
      '────────',
      'module-tells-its-purpose',
      '  A module is understood by people who did not write it only if it says in a README what it is for, which',
      '  words it uses and what must always hold.',
      '  → Write src/modules/<module>/README.md: a heading, the purpose, the language, the invariants, the messages',
      '  in and out.',
      '',
      '  src/modules/orders/README.md is empty',
      '',
      'depends-on-known-modules',
      '  Lint, graph and the relays go by what dependsOn names: other modules, by the name of their folder, each',
      '  once.',
      '  → Correct the name in dependsOn, or remove it.',
      '',
      '  src/modules/stock/module.json:4 dependsOn names "prices", but there is no src/modules/prices',
      '  src/modules/stock/module.json:4 dependsOn names "prices", but there is no src/modules/prices',
      '',
      'topology      3 wrong       N s',
      '',
      '3 violations of 2 rules.',
      '',
    ]);
  });

  it('exits with 2 when a wall cannot look, and the others report all the same', async () => {
    const nowhere = 'postgres://nobody@127.0.0.1:1/nothing';
    const { code, output } = await checkTree(UNKNOWN, { only: 'topology,database', database: nowhere });
    expect(code).toBe(2);
    expect(output).toContain('depends-on-known-modules');
    expect(output).toMatch(/database\n────────\nCould not look\. .+/);
    expect(output).toMatch(/^database {6}not looked/m);
  });

  it.each<[string, Partial<Asked>, string]>([
    ['a format', { format: 'xml' }, 'There is no format "xml". Give --format one of human, json, github, sarif.'],
    [
      'a check',
      { only: 'topology,import' },
      'There is no check "import". Give --only some of format,docs,types,imports,database,contracts,topology.',
    ],
    ['--affected alone', { affected: true }, '--affected makes no sense without --base.'],
    ['--base alone', { base: 'main' }, '--base makes no sense without --affected.'],
    ['the types of another project', { only: 'types' }, '"types" checks the project that the command belongs to'],
    [
      'a baseline that is not there',
      { baseline: 'no-such-baseline.json' },
      'no-such-baseline.json. Write it with --write-baseline',
    ],
    ['a revision that is not there', { affected: true, base: 'main' }, '--root'],
  ])('exits with 2 for %s that makes no sense', async (_what, asked, sentence) => {
    const { code, output, told } = await checkTree({}, asked);
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(told).toContain(sentence);
  });

  it('exits with 2 for a root without modules, a file, and nothing at all', async () => {
    await withSourceTree({ 'src/main.ts': '' }, async (root) => {
      expect(await check(root)).toMatchObject({ code: 2, told: expect.stringContaining('has no src/modules') });
      const file = join(root, 'package.json');
      expect(await check(file)).toMatchObject({ code: 2, told: expect.stringContaining('is no folder') });
      const nothing = join(root, 'nothing');
      expect(await check(nothing)).toMatchObject({ code: 2, told: expect.stringContaining(`There is no ${nothing}.`) });
    });
  });

  it('finds the same whatever way leads to the root', async () => {
    await withSourceTree({ ...HEALTHY, ...UNKNOWN }, async (root) => {
      const real = join(root, '..', `${root.split('/').at(-1)} #1 of %20`);
      const link = `${root}-link`;
      await rename(root, real);
      await symlink(real, link);
      try {
        const places = async (given: string) => {
          const { violations, root: told } = JSON.parse((await check(given, { format: 'json' })).output);
          expect(told).toBe(real);
          return violations.map(({ file, line }: { file: string; line: number }) => `${file}:${line}`);
        };
        const expected = ['src/modules/stock/module.json:4', 'src/modules/stock/module.json:4'];
        for (const way of [real, link, relative(process.cwd(), real), `${link}/src/..`])
          expect(await places(way)).toEqual(expected);
      } finally {
        await rm(link);
        await rename(real, root);
      }
    });
  });

  it('prints the modules that a change can reach', async () => {
    await withSourceTree(HEALTHY, async (root) => {
      const git = (...args: string[]) => promisify(execFile)('git', ['-C', root, ...args]);
      await git('init', '--quiet', '--initial-branch=main');
      await git('add', '.');
      await git('-c', 'user.name=a', '-c', 'user.email=a@b.c', 'commit', '--quiet', '-m', 'first');
      await writeFile(join(root, 'src/modules/stock/count.ts'), 'export const count = 1;');
      const asked = { affected: true, base: 'main' };
      expect(await check(root, asked)).toEqual({ code: 0, output: 'stock\n', told: '' });
      expect(await check(root, { ...asked, format: 'json' })).toEqual({ code: 0, output: '["stock"]\n', told: '' });
      expect(await check(root, { ...asked, format: 'sarif' })).toMatchObject({ code: 2, output: '' });
    });
  });
});

describe('a baseline', () => {
  const twice = '{ "name": "stock", "schema": "stock", "dependsOn": ["prices", "prices"] }';
  const once = '{ "name": "stock", "schema": "stock", "dependsOn": [\n\n\n"prices"] }';
  const HEALTHY_STOCK = '{ "name": "stock", "schema": "stock", "dependsOn": [] }';
  const declared = (root: string, text: string) => writeFile(join(root, 'src/modules/stock/module.json'), text);
  const file = (root: string) => join(root, '.seamline-baseline.json');

  it('lets be what it lists, wherever it has moved, and nothing more', async () => {
    await withSourceTree({ ...HEALTHY, ...UNKNOWN }, async (root) => {
      expect(await check(root, { writeBaseline: true })).toMatchObject({
        code: 0,
        told: 'Wrote 2 known violations into .seamline-baseline.json.',
      });
      expect(JSON.parse(await readFile(file(root), 'utf8')).violations).toEqual({
        topology: { 'depends-on-known-modules': { 'src/modules/stock/module.json': { prices: 2 } } },
      });
      await declared(root, twice);
      const { code, output } = await check(root);
      expect({ code, output: plain(output) }).toEqual({
        code: 0,
        output: [
          '',
          'topology      ok            N s  2 known',
          '',
          '2 known violations in .seamline-baseline.json, to be burnt down.',
          '',
        ],
      });
      await declared(root, twice.replace('"prices"]', '"prices", "prices"]'));
      const third = await check(root, { format: 'json' });
      expect(third.code).toBe(1);
      expect(JSON.parse(third.output)).toMatchObject({
        violations: [{ subject: 'prices' }],
        walls: [{ violations: 1, known: 2 }],
      });
    });
  });

  it('is to be burnt down: what it lists and is gone fails until it is taken out', async () => {
    await withSourceTree({ ...HEALTHY, 'src/modules/stock/module.json': twice }, async (root) => {
      await check(root, { writeBaseline: true });
      await declared(root, once);
      const stale = await check(root);
      expect(stale.code).toBe(1);
      expect(stale.output).toContain('.seamline-baseline.json lists what is no longer there. Burn it down: run');
      expect(stale.output).toContain('topology depends-on-known-modules: src/modules/stock/module.json prices');
      expect(stale.output).toContain(
        '1 known violation in .seamline-baseline.json, to be burnt down. 1 more that it lists is gone.',
      );
      expect(await check(root, { writeBaseline: true })).toMatchObject({
        code: 0,
        told: 'Wrote 1 known violation into .seamline-baseline.json, 1 fewer than before.',
      });
      expect((await check(root)).code).toBe(0);
    });
  });

  it('is not spoken of where nothing of it is left', async () => {
    await withSourceTree({ ...HEALTHY, 'src/modules/stock/module.json': once }, async (root) => {
      await check(root, { writeBaseline: true });
      await declared(root, HEALTHY_STOCK);
      expect((await check(root)).output).toContain('\n1 that .seamline-baseline.json lists is gone.\n');
      await check(root, { writeBaseline: true });
      expect(plain((await check(root)).output)).toEqual(['', 'topology      ok            N s', '']);
    });
  });

  it('is judged, and written, for the walls that look alone', async () => {
    await withSourceTree({ ...HEALTHY, ...UNKNOWN }, async (root) => {
      const imports = { 'a-rule': { 'src/a.ts': { 'src/b.ts': 1 } } };
      await writeFile(file(root), JSON.stringify({ version: 1, violations: { imports } }));
      await check(root, { writeBaseline: true });
      const { violations } = JSON.parse(await readFile(file(root), 'utf8'));
      expect(violations).toEqual({ imports, topology: expect.anything() });
      expect((await check(root)).code).toBe(0);
    });
  });

  it('may stand elsewhere', async () => {
    await withSourceTree({ ...HEALTHY, ...UNKNOWN }, async (root) => {
      await mkdir(join(root, 'known'));
      const baseline = join(root, 'known/walls.json');
      expect((await check(root, { baseline, writeBaseline: true })).code).toBe(0);
      expect((await check(root, { baseline })).code).toBe(0);
      expect((await check(root)).code).toBe(1);
    });
  });

  it.each([
    ['cut off', '{ "version": 1, "viol'],
    ['of another version', '{ "version": 2, "violations": {} }'],
    ['of an unknown wall', '{ "version": 1, "violations": { "walls": {} } }'],
    ['something else', '{ "name": "seamline" }'],
  ])('that is %s is neither read nor overwritten', async (_what, text) => {
    await withSourceTree(HEALTHY, async (root) => {
      await writeFile(file(root), text);
      for (const asked of [{}, { writeBaseline: true }])
        expect(await check(root, asked)).toMatchObject({
          code: 2,
          output: '',
          told: expect.stringMatching(/is no baseline: .+\. Restore it from your version control, or delete it/),
        });
      expect(await readFile(file(root), 'utf8')).toBe(text);
    });
  });
});
