import { hash } from 'node:crypto';
import { mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { importsWall } from '#apps/cli/check/imports/imports-wall';
import type { Violation } from '#apps/cli/check/wall';
import { type Files, withSourceTree } from '../architecture/source-tree.js';
import { CONTRACT, everyFormNaming, FIXTURES, FORMS, HEALTHY, INTERNALS, usedBy } from './imports.fixtures.js';

const OFFERS = 'src/modules/orders/offers.ts';
const CACHE = '.cache/seamline/imports.json';

const quietly = { say: () => {} };
const violationsBelow = (root: string) => importsWall.violations(root, quietly);
const violationsOf = (files: Files) => withSourceTree({ ...HEALTHY, ...files }, violationsBelow);
const rulesIn = (violations: readonly Violation[]) => [...new Set(violations.map(({ rule }) => rule))];

describe('the walls of imports', () => {
  it('let a healthy system be', async () => {
    expect(await violationsOf({})).toEqual([]);
  });

  describe('hold in every form that an import can take', () => {
    let broken: ReadonlyMap<string | undefined, readonly Violation[]>;
    let clean: readonly Violation[];

    beforeAll(async () => {
      const { files, formOf } = everyFormNaming(INTERNALS);
      const violations = await withSourceTree(files, violationsBelow);
      broken = Map.groupBy(violations, ({ file }) => formOf.get(file));
      clean = await withSourceTree(everyFormNaming(CONTRACT).files, violationsBelow);
    });

    it.each(Object.keys(FORMS))('%s', (form) => {
      expect(rulesIn(broken.get(form) ?? [])).toEqual(['only-a-modules-contract']);
    });

    it('but let a contract be named in all of them', () => {
      expect(clean).toEqual([]);
      expect(broken.has(undefined)).toBe(false);
    });
  });

  it.each(
    FIXTURES.filter(({ form }) => !(form in FORMS)).map(
      (fixture) => [`${fixture.rule}: ${fixture.form}`, fixture] as const,
    ),
  )('hold: %s', async (_, { rule, broken, clean }) => {
    expect(rulesIn(await withSourceTree(broken, violationsBelow))).toEqual([rule]);
    expect(await withSourceTree(clean, violationsBelow)).toEqual([]);
  });

  it('have a fixture for every rule, which says why it is there and what to do', async () => {
    const rules = await withSourceTree(HEALTHY, (root) => importsWall.rules(root));
    const names = rules.map(({ name }) => name).sort();
    expect([...new Set(FIXTURES.map(({ rule }) => rule))].sort()).toEqual(names);
    for (const { why, mend } of rules) {
      expect(why).toMatch(/^\S.+\.$/);
      expect(mend).toMatch(/^[A-Z].+\.$/);
    }
  });

  it('tell every violation with its line, what it says and where that leads, sorted', async () => {
    const source = [
      "import '#modules/nowhere';",
      "import '#modules/billing/billing.module';",
      '',
      "export const later = () => import('../billing/domain/payment.js');",
      'export const some = (name: string) => import(name);',
    ].join('\n');
    const violations = await violationsOf(usedBy('orders', OFFERS, source));

    expect(violations.map(({ line, what, subject }) => [line, what, subject])).toEqual([
      [1, 'imports #modules/nowhere', '#modules/nowhere'],
      [
        2,
        'imports #modules/billing/billing.module (src/modules/billing/billing.module.ts)',
        'src/modules/billing/billing.module.ts',
      ],
      [
        4,
        'imports ../billing/domain/payment.js (src/modules/billing/domain/payment.ts)',
        'src/modules/billing/domain/payment.ts',
      ],
      [5, 'imports what cannot be told: import(name)', 'import(name)'],
    ]);
    expect(new Set(violations.map(({ file }) => file))).toEqual(new Set([OFFERS]));
  });

  it('tell a circle from its first file, and once', async () => {
    const violations = await violationsOf({
      ...usedBy('orders', OFFERS, "import './a.js';"),
      'src/modules/orders/a.ts': "\nimport './b.js';",
      'src/modules/orders/b.ts': "import './offers.js';",
    });
    expect(violations).toEqual([
      {
        rule: 'no-import-cycle',
        file: 'src/modules/orders/a.ts',
        line: 2,
        what: expect.stringMatching(/^imports itself: src\/modules\/orders\/a\.ts → /),
        subject:
          'src/modules/orders/a.ts → src/modules/orders/b.ts → src/modules/orders/offers.ts → src/modules/orders/a.ts',
      },
    ]);
  });

  it('say where a file first breaks the grammar, and how', async () => {
    const violations = await violationsOf(usedBy('orders', OFFERS, '\nexport const some = {{{ ;'));
    expect(violations).toEqual([
      {
        rule: 'source-can-be-read',
        file: OFFERS,
        line: 2,
        what: 'does not parse: Property assignment expected',
        subject: 'Property assignment expected',
      },
    ]);
  });

  it('do not judge by a declaration that cannot be read', async () => {
    for (const text of ['{ "name": "orders", ', 'null', '{ "name": "orders", "dependsOn": "billing" }'])
      expect(await violationsOf({ 'src/modules/orders/module.json': text })).toEqual([]);
  });

  it('point at the line of module.json that declares too much', async () => {
    const declared =
      '{\n  "name": "orders",\n  "schema": "orders",\n  "dependsOn": [\n    "billing",\n    "orders-x"\n  ]\n}';
    const violations = await violationsOf({
      'src/modules/orders/module.json': declared,
      'src/modules/orders-x/module.json': [],
    });
    expect(violations.map(({ rule, file, line }) => `${rule} ${file}:${line}`)).toEqual([
      'uses-what-it-declares src/modules/orders/module.json:6',
    ]);
  });

  it.each([
    [
      'a file',
      'src/modules/orders/payment.ts',
      '../billing/domain/payment.ts',
      '../billing/contract/authorise-payment.ts',
    ],
    ['a folder', 'src/modules/orders/billing', '../billing/domain', '../billing/contract'],
  ])('follow a link to %s', async (_, link, internals, contract) => {
    const linked = (target: string, imported: string) =>
      withSourceTree({ ...HEALTHY, ...usedBy('orders', OFFERS, imported) }, async (root) => {
        await symlink(target, join(root, link));
        return violationsBelow(root);
      });
    const through = link.endsWith('.ts') ? './payment.js' : './billing/payment.js';
    const told = await linked(internals, `import '${through}';`);
    expect(told.map(({ rule, file }) => `${file} ${rule}`)).toEqual(
      [`${link} only-a-modules-contract`, `${OFFERS} only-a-modules-contract`].sort(),
    );
    expect(
      await linked(contract, `import '${through.replace('/billing/payment', '/billing/authorise-payment')}';`),
    ).toEqual([]);
  });

  it('see links that lead nowhere, and out of the repository', async () => {
    const told = await withSourceTree(HEALTHY, async (root) => {
      await symlink('nowhere.ts', join(root, 'src/modules/orders/a.ts'));
      await symlink('somebody@somewhere.1', join(root, 'src/modules/orders/.#orders.module.ts'));
      await symlink('/usr', join(root, 'src/modules/orders/b'));
      return violationsBelow(root);
    });
    expect(told.map(({ rule, what }) => `${rule} ${what}`)).toEqual([
      'no-unresolvable-import is a link that leads nowhere',
      expect.stringMatching(/^no-place-beside-the-layout is a link to (\.\.\/)+usr\/$/),
    ]);
  });

  it('stand in this very tree', async () => {
    expect(await violationsBelow(process.cwd())).toEqual([]);
  });
});

describe('the walls of imports of another repository', () => {
  /** One that has neither packages nor rules, and a package.json of its own. */
  const withoutPackages = (files: Files, manifest: object, use: (root: string) => Promise<void>) =>
    withSourceTree({ ...HEALTHY, ...files }, async (root) => {
      await rm(join(root, 'node_modules'));
      const { imports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
      await writeFile(join(root, 'package.json'), JSON.stringify({ type: 'module', imports, ...manifest }));
      await use(root);
    });

  it('go by its package.json where no packages are installed', async () => {
    const dependencies = { zod: '4', 'big.js': '7', 'not-installed-anywhere': '1' };
    const files = usedBy(
      'orders',
      OFFERS,
      "import 'not-installed-anywhere/deep';\nimport 'commander';\nimport 'nowhere';",
    );
    await withoutPackages(files, { dependencies, devDependencies: { '@jest/globals': '30' } }, async (root) => {
      const said: string[] = [];
      const violations = await importsWall.violations(root, { say: (line) => said.push(line) });
      expect(violations.map(({ rule, line }) => `${line} ${rule}`)).toEqual([
        '2 no-undeclared-package',
        '3 no-unresolvable-import',
      ]);
      expect(said).toEqual([expect.stringMatching(/package\.json alone/)]);
    });
  });

  it('hold the rules that it adds', async () => {
    const rules = `export default { forbidden: [{
      name: 'no-underscore', severity: 'error',
      comment: 'Files that begin with _ are drafts. Give it a name.',
      from: { path: '^src/modules/([^/]+)/' }, to: { path: ['^src/modules/$1/_', 'never'] } }] };`;
    const files = {
      '.dependency-cruiser.js': rules,
      ...usedBy('orders', OFFERS, "import './_draft.js';"),
      'src/modules/orders/_draft.ts': "import '#modules/billing/domain/payment';",
    };
    await withSourceTree({ ...HEALTHY, ...files }, async (root) => {
      expect(rulesIn(await violationsBelow(root))).toEqual(['only-a-modules-contract', 'no-underscore']);
      expect(await importsWall.rules(root)).toContainEqual({
        name: 'no-underscore',
        wall: 'imports',
        why: 'Files that begin with _ are drafts.',
        mend: 'Give it a name.',
      });
    });
  });

  it('are its own where it makes them itself', async () => {
    const files = {
      '.dependency-cruiser.js': `export const configurationFor = () => ({ forbidden: [{
        name: 'reaches-no-zod', from: { path: '^apps/' }, to: { path: 'node_modules/zod/', reachable: true } }] });`,
      ...usedBy('orders', OFFERS, "import '#modules/billing/domain/payment';"),
    };
    await withSourceTree({ ...HEALTHY, ...files }, async (root) => {
      expect(rulesIn(await violationsBelow(root))).toEqual(['reaches-no-zod']);
    });
  });

  it.each([
    ['a part of the language that is not held', "to: { viaOnly: 'x' }", /viaOnly/],
    ['a kind of dependency that is not known', "to: { dependencyTypes: ['aliased'] }", /dependencyTypes/],
    ['what is no regular expression', "to: { path: '(' }", /regular expression/],
    ['groups of what is reachable', "to: { path: '$1', reachable: false }", /\$1/],
  ])('refuse %s', async (_, to, message) => {
    const rules = `export default { forbidden: [{ name: 'odd', from: {}, ${to} }] };`;
    await withSourceTree({ ...HEALTHY, '.dependency-cruiser.js': rules }, async (root) => {
      await expect(violationsBelow(root)).rejects.toThrow(message);
    });
  });

  it.each([
    ['a list of what is allowed', 'export default { allowed: [] };', /"allowed"/],
    ['a file that is broken', 'export default {;', /cannot be loaded/],
    [
      'two rules of one name',
      "export default { forbidden: [{ name: 'no-dead-code', from: {}, to: {} }] };",
      /two rules/,
    ],
  ])('refuse %s', async (_, rules, message) => {
    await withSourceTree({ ...HEALTHY, '.dependency-cruiser.js': rules }, async (root) => {
      await expect(violationsBelow(root)).rejects.toThrow(message);
    });
  });

  it('cannot be looked at where the sources are behind a link, since rules go by their paths', async () => {
    await withSourceTree(HEALTHY, async (root) => {
      await mkdir(join(root, 'lib'));
      await rename(join(root, 'src'), join(root, 'lib/src'));
      await symlink('lib/src', join(root, 'src'));
      await expect(violationsBelow(root)).rejects.toThrow(/src in .+ is a link/);
    });
  });

  it('cannot be looked at where there is nothing, or where tsconfig.json is broken', async () => {
    await withSourceTree({ 'README.md': '' }, async (root) => {
      await expect(violationsBelow(root)).rejects.toThrow(/has no src/);
    });
    await withSourceTree(HEALTHY, async (root) => {
      await writeFile(join(root, 'tsconfig.json'), '{ "extends": "./nowhere.json" }');
      await expect(violationsBelow(root)).rejects.toThrow(/tsconfig\.json cannot be read/);
    });
  });
});

describe('what the walls of imports remember', () => {
  const broken = usedBy('orders', OFFERS, "import '#modules/billing/domain/payment';");
  const FOUND = [`${OFFERS} only-a-modules-contract`];

  /** Looks once, so that all is remembered, changes something, and looks again: with what is remembered and without. */
  async function changed(files: Files, change: (root: string) => Promise<void>): Promise<string[]> {
    return withSourceTree({ ...HEALTHY, ...files }, async (root) => {
      await violationsBelow(root);
      await change(root);
      const remembering = await violationsBelow(root);
      await rm(join(root, CACHE), { force: true });
      expect(remembering).toEqual(await violationsBelow(root));
      return remembering.map(({ file, rule }) => `${file} ${rule}`);
    });
  }
  const write = async (root: string, path: string, content: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };

  it('is which imports a text holds', async () => {
    await withSourceTree({ ...HEALTHY, ...broken }, async (root) => {
      expect(rulesIn(await violationsBelow(root))).toEqual(['only-a-modules-contract']);
      const [head = '', entries = ''] = (await readFile(join(root, CACHE), 'utf8')).split('\n');
      // As if the text had held another one, and had been remembered so.
      const forged = entries.replace('#modules/billing/domain/payment', '#kernel/contract/message');
      expect(forged).not.toBe(entries);
      await writeFile(join(root, CACHE), `${head.split(' ')[0]} ${hash('sha256', forged)}\n${forged}`);
      expect(await violationsBelow(root)).toEqual([]);
    });
  });

  it('goes by the content of a file', async () => {
    const content = (root: string) => write(root, OFFERS, "import '#modules/billing/contract/authorise-payment';");
    expect(await changed(broken, content)).toEqual([]);
  });

  it('does not outlast a file, nor keep one from being seen', async () => {
    const gone = (root: string) => rm(join(root, 'src/modules/orders/lines.ts'));
    const files = { ...usedBy('orders', OFFERS, "import './lines.js';"), 'src/modules/orders/lines.ts': '' };
    expect(await changed(files, gone)).toEqual([`${OFFERS} no-unresolvable-import`]);

    const nearer = (root: string) =>
      write(root, 'src/modules/orders/lines.ts', "import '#modules/billing/domain/payment';");
    const declared = {
      ...usedBy('orders', OFFERS, "import './lines.js';"),
      'src/modules/orders/lines.d.ts': 'export {};',
    };
    expect(await changed(declared, nearer)).toContain('src/modules/orders/lines.ts only-a-modules-contract');
  });

  it('does not outlast declarations, packages, options or rules', async () => {
    const undeclared = (root: string) => write(root, 'src/modules/orders/module.json', '{ "dependsOn": [] }');
    expect(await changed({}, undeclared)).toEqual([
      'src/modules/orders/orders.module.ts orders-depends-on-what-it-declares',
    ]);
    const elsewhere = async (root: string) => {
      const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
      delete manifest.dependencies['big.js'];
      delete manifest.devDependencies['@types/big.js'];
      await write(root, 'package.json', JSON.stringify(manifest));
    };
    expect(await changed({}, elsewhere)).toEqual(['src/modules/billing/domain/payment.ts no-undeclared-package']);
    const otherOptions = async (root: string) => {
      const options = JSON.parse(await readFile(join(root, 'tsconfig.json'), 'utf8'));
      options.compilerOptions.paths = { '#modules/billing/contract/*': ['./src/modules/billing/domain/payment.ts'] };
      await write(root, 'tsconfig.json', JSON.stringify(options));
    };
    expect(await changed({}, otherOptions)).toContain('src/modules/orders/orders.module.ts only-a-modules-contract');
    const otherRules = (root: string) =>
      write(
        root,
        '.dependency-cruiser.js',
        "export const forbidden = [{ name: 'no-zod', from: {}, to: { path: 'node_modules/zod/' } }];",
      );
    expect(await changed({}, otherRules)).toEqual(['src/modules/billing/contract/authorise-payment.ts no-zod']);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, -20)],
    ['changed by a character', (text: string) => text.replace('billing/domain', 'billing/Domain')],
    ['emptied', () => ''],
    ['written by another version', (text: string) => `0${text}`],
    ['no longer what it was', () => '{"forged": true}'],
  ])('is passed over when it was %s', async (_, damage) => {
    const damaged = async (root: string) => {
      const text = await readFile(join(root, CACHE), 'utf8');
      await writeFile(join(root, CACHE), damage(text));
    };
    expect(await changed(broken, damaged)).toEqual(FOUND);
  });

  it('is not needed where it cannot be written', async () => {
    await withSourceTree({ ...HEALTHY, ...broken, '.cache': 'a file, where a folder should be' }, async (root) => {
      expect(rulesIn(await violationsBelow(root))).toEqual(['only-a-modules-contract']);
    });
  });
});
