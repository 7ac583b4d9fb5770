import type { Files } from '../architecture/source-tree.js';
import type { Fixture } from './fixture.js';

/** A healthy system of two modules and an app; each fixture changes a little of it. */
export const HEALTHY: Files = {
  'apps/monolith/main.ts': "import { MonolithModule } from './monolith.module.js'; export default MonolithModule;",
  'apps/monolith/monolith.module.ts': `
    import { BillingModule } from '#modules/billing/billing.module';
    import { OrdersModule } from '#modules/orders/orders.module';
    export const MonolithModule = [OrdersModule, BillingModule];`,
  'src/modules/billing/module.json': [],
  'src/modules/billing/billing.module.ts': `
    import { AuthorisePayment } from './contract/authorise-payment.js';
    import { isPaid } from './domain/payment.js';
    export const BillingModule = [AuthorisePayment, isPaid];`,
  'src/modules/billing/contract/authorise-payment.ts': `
    import { z } from 'zod';
    import { defineCommand } from '#kernel/contract/message';
    export const AuthorisePayment = defineCommand(z);`,
  'src/modules/billing/domain/payment.ts': `
    import Big from 'big.js';
    export const isPaid = Big;`,
  'src/modules/orders/module.json': ['billing'],
  'src/modules/orders/orders.module.ts': `
    import { AuthorisePayment } from '#modules/billing/contract/authorise-payment';
    import declaration from './module.json' with { type: 'json' };
    import { OrderPlaced } from './contract/order-placed.js';
    export const OrdersModule = [AuthorisePayment, OrderPlaced, declaration];`,
  'src/modules/orders/contract/order-placed.ts': 'export const OrderPlaced = 1;',
  'src/modules/orders/orders.spec.ts': `
    import { it } from '@jest/globals';
    import { support } from '#test/support';
    it('works', () => support);`,
  'src/shared-kernel/contract/message.ts': 'export const defineCommand = (schema: object) => schema;',
  'test/support.ts': 'export const support = 1;',
};

const ORDERS_MODULE = 'src/modules/orders/orders.module.ts';
const OFFERS = 'src/modules/orders/offers.ts';

/** A file beside the healthy ones that is reached from the app, so that nothing but what it imports can be wrong. */
export function usedBy(module: 'orders' | 'billing', path: string, content: string): Files {
  const file = `src/modules/${module}/${module}.module.ts`;
  const specifier = `./${path.split(`${module}/`)[1]?.replace(/[.](c|m|)tsx?$/, '.$1js')}`;
  return { [path]: content, [file]: `${HEALTHY[file]}\nimport '${specifier}';` };
}

const offers = (content: string): Files => usedBy('orders', OFFERS, content);
const offersSpec = (content: string): Files => ({ 'src/modules/orders/offers.spec.ts': content });

const fixture = (rule: string, form: string, broken: Files, clean: Files): Fixture => ({
  rule,
  form,
  broken: { ...HEALTHY, ...broken },
  clean: { ...HEALTHY, ...clean },
});

const ORDER: Files = { 'src/modules/orders/domain/order.ts': 'export type Order = 1;' };

/** What a form of import may name: by the alias, from src/modules/orders, and from the root. */
interface Named {
  readonly alias: string;
  readonly path: string;
  readonly root: string;
}
export const INTERNALS: Named = named('domain/payment');
export const CONTRACT: Named = named('contract/authorise-payment');

function named(what: string): Named {
  return {
    alias: `#modules/billing/${what}`,
    path: `../billing/${what}`,
    root: `src/modules/billing/${what}`,
  };
}

const CREATE_REQUIRE = "import { createRequire } from 'node:module';";

/** Every form that an import can take, in a file of orders. */
export const FORMS: Readonly<Record<string, (named: Named) => Files>> = {
  'static import': ({ alias }) => offers(`import * as all from '${alias}'; export default all;`),
  'import for its effect': ({ alias }) => offers(`import '${alias}';`),
  'import of a default': ({ path }) => offers(`import all from '${path}.js'; export default all;`),
  'import type': ({ alias }) => offers(`import type { X } from '${alias}'; export type Y = X;`),
  'import of types by name': ({ alias }) => offers(`import { type X } from '${alias}'; export type Y = X;`),
  'import over several lines': ({ alias }) => offers(`import {\n  X,\n  Y,\n} from\n  '${alias}';\nexport { X, Y };`),
  'import between comments': ({ alias }) =>
    offers(`import /* one */ { X } /* two */ from /* three */ '${alias}'; export { X };`),
  'import with attributes': ({ path }) =>
    offers(`import all from '${path}.js' with { seen: 'yes' }; export default all;`),
  'deferred import': ({ alias }) => offers(`import defer * as all from '${alias}'; export default all;`),
  're-export by name': ({ alias }) => offers(`export { X } from '${alias}';`),
  're-export of all': ({ path }) => offers(`export * from '${path}.js';`),
  're-export of all under a name': ({ alias }) => offers(`export * as billing from '${alias}';`),
  're-export of types': ({ alias }) => offers(`export type { X } from '${alias}';`),
  'dynamic import': ({ alias }) => offers(`export const later = () => import('${alias}');`),
  'dynamic import after a comment': ({ alias }) => offers(`export const later = () => import(/* now */ '${alias}');`),
  'dynamic import of a template': ({ path }) => offers(`export const later = () => import(\`${path}.js\`);`),
  'dynamic import, put together': ({ path }) =>
    offers(`const folder = '../billing/';\nexport const later = () => import(folder + \`${path.slice(11)}\` + '.js');`),
  'dynamic import, one of two': ({ alias }) =>
    offers(`export const later = (x: boolean) => import(x ? '#kernel/contract/message' : '${alias}');`),
  'dynamic import of a URL': ({ path }) =>
    offers(`export const later = () => import(new URL('${path}.js', import.meta.url).href);`),
  'dynamic import deep inside a class': ({ alias }) =>
    offers(`export class A { @b(() => import('${alias}')) c = 1; }\nfunction b(x: unknown) { return () => x; }`),
  require: ({ path }) =>
    offers(`declare const require: (id: string) => unknown; export default require('${path}.ts');`),
  'require that nobody declares': ({ path }) => offers(`export default require('${path}');`),
  'require, called perhaps': ({ path }) => offers(`export default require?.('${path}.ts');`),
  'require.resolve': ({ path }) => offers(`export default require.resolve('${path}.ts');`),
  'module.require': ({ path }) => offers(`export default module.require('${path}.ts');`),
  'module.require, by brackets': ({ path }) => offers(`export default module['require']('${path}.ts');`),
  'require behind a comma': ({ path }) => offers(`export default (0, require)('${path}.ts');`),
  'require under another name': ({ path }) =>
    offers(`const load = require; const again = load; export default again('${path}.ts');`),
  createRequire: ({ path }) =>
    offers(`${CREATE_REQUIRE} const load = createRequire(import.meta.url); export default load('${path}.ts');`),
  'createRequire, when it is first needed': ({ path }) =>
    offers(
      `${CREATE_REQUIRE} let load: NodeRequire | undefined; load ??= createRequire(import.meta.url); export default load('${path}.ts');`,
    ),
  'createRequire, called at once': ({ path }) =>
    offers(`${CREATE_REQUIRE} export default createRequire(import.meta.url)('${path}.ts');`),
  'createRequire under another name': ({ path }) =>
    offers(
      `import { createRequire as make } from 'module'; const get = make(import.meta.url); export default get('${path}.ts');`,
    ),
  'createRequire of the whole module': ({ path }) =>
    offers(
      `import m from 'node:module'; let load; load = m.createRequire(import.meta.url); export default load('${path}.ts');`,
    ),
  'createRequire, imported later': ({ path }) =>
    offers(
      `const { createRequire: make } = await import('node:module'); export default make(import.meta.url)('${path}.ts');`,
    ),
  'createRequire, asked of the process': ({ path }) =>
    offers(
      `const m = process.getBuiltinModule('module'); export default m.createRequire(import.meta.url)('${path}.ts');`,
    ),
  'createRequire, told by a promise': ({ path }) =>
    offers(`import('node:module').then((m) => m.createRequire(import.meta.url)('${path}.ts'));`),
  'createRequire, only to resolve': ({ path }) =>
    offers(`${CREATE_REQUIRE} const load = createRequire(import.meta.url); export default load.resolve('${path}.ts');`),
  'import = require': ({ alias }) => offers(`import all = require('${alias}'); export default all;`),
  'export import = require': ({ alias }) => offers(`export import all = require('${alias}');`),
  'type of an import': ({ alias }) => offers(`export type X = import('${alias}').X;`),
  'typeof an import': ({ alias }) => offers(`export type All = typeof import('${alias}');`),
  'type of an import, as an argument': ({ alias }) =>
    offers(`export const all: Promise<typeof import('${alias}')>[] = [];`),
  'import() in a doc comment': ({ alias }) =>
    offers(`/** @param {import('${alias}').X} x */\nexport function f(x) { return x; }`),
  '@import in a doc comment': ({ alias }) => offers(`/** @import { X } from '${alias}' */\nexport const x = 1;`),
  '@typedef in a doc comment': ({ path }) => offers(`export const x = 1;\n/** @typedef {import('${path}.js').X} X */`),
  'doc comment in JavaScript': ({ path }) =>
    usedBy('orders', 'src/modules/orders/offers.js', `/** @type {import('${path}.js').X} */\nexport const x = 1;`),
  JavaScript: ({ path }) => usedBy('orders', 'src/modules/orders/offers.js', `export * from '${path}.js';`),
  'TypeScript with JSX': ({ path }) => usedBy('orders', 'src/modules/orders/offers.tsx', `export * from '${path}.js';`),
  'TypeScript of modules alone': ({ path }) =>
    usedBy('orders', 'src/modules/orders/offers.mts', `export * from '${path}.js';`),
  'TypeScript of CommonJS': ({ path }) =>
    usedBy('orders', 'src/modules/orders/offers.cts', `import all = require('${path}.js'); export = all;`),
  'declaration file': ({ path }) => ({
    ...offers("import type { X } from './types.js'; export type Y = X;"),
    'src/modules/orders/types.d.ts': `export type X = import('${path}.js').X;`,
  }),
  'reference to a path': ({ path }) => offers(`/// <reference path="${path}.ts" />\nexport const x = 1;`),
  'declare module': ({ alias }) =>
    offers(`declare module '${alias}' { interface X { more: string } }\nexport const x = 1;`),
  'import inside declare module': ({ path }) =>
    offers(`declare module 'nowhere' { import type { X } from '${path}.js'; export type Y = X; }\nexport const x = 1;`),
  'path by way of ..': ({ path }) => offers(`import '../../modules/orders/./${path}.js';`),
  'path with its own extension': ({ path }) => offers(`import '${path}.ts';`),
  'path without extension': ({ path }) => offers(`import '${path}';`),
  'path with a query': ({ path }) => offers(`import '${path}.js?again';`),
  'path from the root of the project': ({ root }) => offers(`import '../../../${root}.js';`),
  'barrel in between': ({ alias }) => ({
    ...offers("import { X } from './billing.js'; export default X;"),
    'src/modules/orders/billing.ts': `export * from '${alias}';`,
  }),
  'in a test': ({ alias }) => offersSpec(`import '${alias}';`),
  'jest.mock': ({ path }) => offersSpec(`import { jest } from '@jest/globals'; jest.mock('${path}.js', () => ({}));`),
  'jest.mock, chained': ({ alias }) => offersSpec(`jest.unmock('#kernel/contract/message').mock('${alias}');`),
  'jest.mock under another name': ({ path }) =>
    offersSpec(`import { jest as j } from '@jest/globals'; j.doMock('${path}.js'); j.mock('${path}.js');`),
  'jest.mock of import.meta': ({ path }) => offersSpec(`import.meta.jest.mock('${path}.js');`),
  'jest.mock of globalThis': ({ path }) => offersSpec(`globalThis.jest.mock('${path}.js');`),
  'jest.unstable_mockModule': ({ alias }) =>
    offersSpec(`import { jest } from '@jest/globals'; jest.unstable_mockModule('${alias}', () => ({}));`),
  'jest.requireActual': ({ path }) => offersSpec(`export default jest.requireActual<object>('${path}.js');`),
  'jest.requireMock': ({ path }) => offersSpec(`export default jest.requireMock('${path}.js');`),
  'jest.createMockFromModule': ({ path }) => offersSpec(`export default jest.createMockFromModule('${path}.js');`),
  'vi.mock': ({ path }) => offersSpec(`vi.mock('${path}.js');`),
  "mock.module of Node's tests": ({ path }) =>
    offersSpec(`import { mock } from 'node:test'; mock.module('${path}.js');`),
  'worker at a URL': ({ path }) =>
    offers(`import { Worker } from 'node:worker_threads'; new Worker(new URL('${path}.js', import.meta.url));`),
  'URL of a base that is kept': ({ path }) =>
    offers(`const here = import.meta.url; export const file = new URL('${path}.ts', here);`),
  'URL.parse': ({ path }) => offers(`export const file = URL.parse('${path}.ts', import.meta.url);`),
  'worker at a path': ({ root }) =>
    offers(`import { Worker as Thread } from 'node:worker_threads'; new Thread('./${root}.js');`),
  'worker at a path, under a name of its own': ({ root }) =>
    offers(`import { Worker } from 'node:worker_threads'; const Thread = Worker; new Thread('./${root}.js');`),
  'worker at a path, imported when it is needed': ({ root }) =>
    offers(`export const f = async () => new (await import('node:worker_threads')).Worker('./${root}.js');`),
  'worker at a path, told by a promise': ({ root }) =>
    offers(`import('node:worker_threads').then(({ Worker: Thread }) => new Thread('./${root}.js'));`),
  'worker at a path, as a class of its own': ({ root }) =>
    offers(
      `import { Worker } from 'node:worker_threads'; export class Clerk extends Worker { constructor() { super('./${root}.js'); } }`,
    ),
  'worker whose module is named by escapes': ({ root }) =>
    offers(`import { Worker } from 'node:worker\\x5fthreads'; new Worker('./${root}.js');`),
  'process at a path': ({ root }) => offers(`import { fork } from 'node:child_process'; fork('${root}.js');`),
  'process at a path, by brackets': ({ root }) =>
    offers(`import processes from 'node:child_process'; processes['fork']('${root}.js');`),
  'process at a path, by a part of the module': ({ root }) =>
    offers(`import processes from 'node:child_process'; const { fork: begin } = processes; begin('${root}.js');`),
  'process at a path, required at once': ({ root }) => offers(`require('node:child_process').fork('${root}.js');`),
  'process of Node at a path': ({ root }) =>
    offers(`import { spawn } from 'node:child_process'; spawn(process.execPath, ['${root}.js', 'now']);`),
  'process of Node at a path, behind options': ({ root }) =>
    offers(
      `import { spawnSync } from 'node:child_process'; const flags = ['--no-warnings']; spawnSync('node', [...process.execArgv, ...flags, './${root}.ts']);`,
    ),
  'process of Node at a path, loaded before another': ({ root }) =>
    offers(
      `import { execFile } from 'node:child_process'; const { execPath } = process; execFile(execPath, ['--import=./${root}.js', 'src/modules/orders/orders.module.ts']);`,
    ),
  'process of Node at a path, promised': ({ root }) =>
    offers(
      `import { execFile } from 'node:child_process'; import { promisify } from 'node:util'; const run = promisify(execFile); await run('/usr/bin/node', ['${root}.js']);`,
    ),
  'process of Node at a path, by a shell': ({ root }) =>
    offers(`import { execSync } from 'node:child_process'; execSync('node --no-warnings ${root}.js now');`),
  'process of Node at a URL': ({ path }) =>
    offers(
      `import { spawn } from 'node:child_process'; import { fileURLToPath } from 'node:url'; spawn('node', [fileURLToPath(new URL('${path}.js', import.meta.url)), process.argv[2]]);`,
    ),
  'import.meta.resolve': ({ alias }) => offers(`export const where = import.meta.resolve('${alias}');`),
  'module._load': ({ path }) => offers(`import loader from 'node:module'; export default loader._load('${path}.ts');`),
  'require of a module that is made': ({ path }) =>
    offers(`import { Module } from 'node:module'; export default new Module('offers').require('${path}.ts');`),
  'require of a module that was made': ({ path }) =>
    offers(
      `import Module from 'module'; const made = new Module('offers'); export default made.require('${path}.ts');`,
    ),
  'require of the main module': ({ path }) => offers(`export default process.mainModule.require('${path}.ts');`),
  'require of the module above': ({ path }) => offers(`export default module.parent?.require('${path}.ts');`),
  'module.register': ({ path }) =>
    offers(`import { register } from 'node:module'; register('${path}.js', import.meta.url);`),
};

/** Every form at once, each in files of its own: what one look at a tree tells of all of them. */
export function everyFormNaming(target: Named): { files: Files; formOf: ReadonlyMap<string, string> } {
  const healthy = String(HEALTHY[ORDERS_MODULE]);
  const files: Record<string, string> = { [ORDERS_MODULE]: healthy };
  const formOf = new Map<string, string>();
  for (const [index, [form, make]] of Object.entries(FORMS).entries()) {
    const apart = (text: string) => text.replaceAll(/(?<=orders\/|'\.\/)(offers|types|billing)(?=\.)/g, `$1-${index}`);
    for (const [path, content] of Object.entries(make(target))) {
      if (path === ORDERS_MODULE) files[path] += apart(String(content).slice(healthy.length));
      else files[apart(path)] = apart(String(content));
      if (path !== ORDERS_MODULE) formOf.set(apart(path), form);
    }
  }
  return { files: { ...HEALTHY, ...files }, formOf };
}

const everyForm = Object.entries(FORMS).map(([form, make]) =>
  fixture('only-a-modules-contract', form, make(INTERNALS), make(CONTRACT)),
);

/** What looks like an import of another module's insides, and is none. */
const LOOKALIKES = [
  "// import '#modules/billing/domain/payment';",
  "/* require('../billing/domain/payment.ts') */",
  "/** For example `import('#modules/billing/domain/payment')`, see {@link import}. */",
  'export const text = "import \'#modules/billing/domain/payment\'";',
  "export const regular = /import '#modules.billing.domain.payment'/;",
  'export const words = `import("x") and require("#modules/billing/domain/payment")`;',
  'export function require(permission: string) { return permission; }',
  "export const asked = require('../billing/domain/payment.ts');",
  'export class Worker { constructor(readonly name: string) {} }',
  "export const clerk = new Worker('./src/modules/billing/domain/payment.ts');",
  'export const shop = { mock: (path: string) => path, register: (path: string) => path, resolve: (path: string) => path };',
  "export const mocked = [shop.mock('../billing/domain/payment.ts'), shop.register('../billing/domain/payment.ts')];",
  "export const found = shop.resolve('../billing/domain/payment.ts');",
  "export const api = new URL('../billing/domain/payment.ts', 'https://shop.example');",
  "export const evaluate = { eval: (text: string) => text }.eval('1');",
  "export const run = evaluate.eval; run('1');",
  "export const module = { require: (name: string) => name }; module.require('../billing/domain/payment.ts');",
  "export const access = { main: module, parent: module }; access.main.require('#modules/billing/domain/payment');",
  "access.parent.require('#modules/billing/domain/payment');",
  "export const vi = { mock: (name: string) => name }; vi.mock('../billing/domain/payment.ts');",
  "const jest = shop; jest.mock('../billing/domain/payment.ts').unmock('../billing/domain/payment.ts');",
  "export const mock = { module: (name: string) => name }; mock.module('../billing/domain/payment.ts');",
  'export const spawn = (program: string, words: string[]) => [program, words];',
  "spawn('node', ['src/modules/billing/domain/payment.ts']);",
  'export const repository = { fork: (path: string) => path }; export const { fork } = repository;',
  "fork('src/modules/billing/domain/payment.ts');",
  'export class Base { constructor(readonly path: string) {} }',
  "export class Derived extends Base { constructor() { super('src/modules/billing/domain/payment.ts'); } }",
].join('\n');

const SEVERAL: readonly Fixture[] = [
  fixture(
    'only-a-modules-contract',
    'what only looks like an import',
    offers(`${LOOKALIKES}\nimport '#modules/billing/domain/payment';`),
    offers(LOOKALIKES),
  ),
  fixture(
    'only-a-modules-contract',
    'a file that is called as editors call their locks',
    { 'src/modules/orders/.#offers.spec.ts': "import '#modules/billing/domain/payment';" },
    { 'src/modules/orders/.#offers.spec.ts': "import '#modules/billing/contract/authorise-payment';" },
  ),
  fixture(
    'only-a-modules-contract',
    'names that look alike: order and orders',
    {
      ...usedBy('orders', OFFERS, "import '#modules/order/domain/order';"),
      'src/modules/order/module.json': [],
      'src/modules/order/domain/order.ts': 'export const order = 1;',
    },
    {
      ...usedBy('orders', OFFERS, "import '#modules/orders/domain/order';"),
      'src/modules/orders/domain/order.ts': 'export const order = 1;',
    },
  ),
  ...['contract', 'domain', 'testing', 'messaging', 'apps'].map((name) =>
    fixture(
      'only-a-modules-contract',
      `a module named like a folder: ${name}`,
      moduleNamed(name, `#modules/${name}/domain/${name}`),
      moduleNamed(name, `#modules/${name}/contract/${name}`),
    ),
  ),
  fixture(
    'no-unresolvable-import',
    'a file that is not there',
    offers("import '#modules/orders/nowhere';"),
    offers("import '#modules/orders/contract/order-placed';"),
  ),
  fixture(
    'no-unresolvable-import',
    'a package that is not there',
    offers("export type X = import('nowhere-to-be-found').X;"),
    offers("export type X = import('zod').ZodType;"),
  ),
  fixture(
    'no-unresolvable-import',
    'a mock of what is not there',
    offersSpec("jest.mock('./nowhere.js');"),
    offersSpec("jest.mock('./nowhere.js', () => ({}), { virtual: true });"),
  ),
  fixture(
    'no-unresolvable-import',
    'an alias that is left by way of ..',
    offers("import '#kernel/../modules/billing/domain/payment';"),
    offers("import '#kernel/contract/message';"),
  ),
  fixture(
    'no-unresolvable-import',
    'code in a URL',
    offers("export const later = () => import('data:text/javascript,export default 1');"),
    offers("export const later = () => import('node:path');"),
  ),
  fixture(
    'no-import-cycle',
    'of types alone',
    {
      ...offers("import type { Line } from './lines.js'; export type Offer = Line;"),
      'src/modules/orders/lines.ts': "import type { Offer } from './offers.js'; export type Line = Offer;",
    },
    {
      ...offers("import type { Line } from './lines.js'; export type Offer = Line;"),
      'src/modules/orders/lines.ts': 'export type Line = 1;',
    },
  ),
  fixture(
    'no-import-cycle',
    'by way of a barrel',
    {
      ...offers("export * from './barrel.js';"),
      'src/modules/orders/barrel.ts': "export * from './lines.js';",
      'src/modules/orders/lines.ts': "export const line = () => import('./offers.js');",
    },
    {
      ...offers("export * from './barrel.js';"),
      'src/modules/orders/barrel.ts': "export * from './lines.js';",
      'src/modules/orders/lines.ts': "export const worker = new URL('./offers.js', import.meta.url);",
    },
  ),
  fixture('no-import-cycle', 'of a file with itself', offers("export * as offers from './offers.js';"), offers('')),
  fixture(
    'tests-of-a-module-are-its-own',
    'a helper beside the contract',
    {
      'src/modules/billing/contract/testing/fakes.ts': 'export const fake = 1;',
      ...offersSpec("import '#modules/billing/contract/testing/fakes';"),
    },
    {
      'src/modules/billing/contract/testing/fakes.ts': 'export const fake = 1;',
      'src/modules/billing/billing.spec.ts': "import './contract/testing/fakes.js';",
    },
  ),
  fixture(
    'billing-depends-on-what-it-declares',
    'a type, where it declares nobody',
    {
      ...usedBy(
        'billing',
        'src/modules/billing/refund.ts',
        "import type { A } from '#modules/catalog/contract/price';",
      ),
      'src/modules/catalog/module.json': [],
      'src/modules/catalog/contract/price.ts': 'export const Price = 1;',
    },
    usedBy('billing', 'src/modules/billing/refund.ts', "import type { A } from './contract/authorise-payment.js';"),
  ),
  fixture(
    'orders-depends-on-what-it-declares',
    'a contract that module.json does not name',
    {
      ...offers("import '#modules/catalog/contract/price';"),
      'src/modules/catalog/module.json': [],
      'src/modules/catalog/contract/price.ts': 'export const Price = 1;',
    },
    {
      ...offers("import '#modules/catalog/contract/price';"),
      'src/modules/catalog/module.json': [],
      'src/modules/catalog/contract/price.ts': 'export const Price = 1;',
      'src/modules/orders/module.json': ['billing', 'catalog'],
    },
  ),
  fixture(
    'source-can-be-read',
    'a file that breaks off',
    offers('export const some = {{{ ;'),
    offers('export const some = {};'),
  ),
  fixture(
    'source-can-be-read',
    'a spec with the marks of a merge',
    offersSpec('<<<<<<< ours\nexport const some = 1;\n=======\nexport const some = 2;\n>>>>>>> theirs'),
    offersSpec("export const some = '<<<<<<< ours';"),
  ),
  fixture(
    'source-can-be-read',
    'JavaScript',
    { 'test/some.js': 'export const = 1;' },
    { 'test/some.js': 'export const some = <div />;' },
  ),
  fixture(
    'uses-what-it-declares',
    'a module that nothing imports',
    { 'src/modules/orders/module.json': ['billing', 'catalog'], 'src/modules/catalog/module.json': [] },
    {
      ...offers("export type Price = import('#modules/catalog/contract/price').Price;"),
      'src/modules/catalog/contract/price.ts': 'export type Price = 1;',
      'src/modules/orders/module.json': ['billing', 'catalog'],
      'src/modules/catalog/module.json': [],
    },
  ),
  fixture(
    'no-import-circle-of-modules',
    'two that use what each declares',
    {
      ...usedBy('billing', 'src/modules/billing/refund.ts', "import '#modules/orders/contract/order-placed';"),
      'src/modules/billing/module.json': ['orders'],
    },
    {
      ...usedBy('billing', 'src/modules/billing/refund.ts', "import '#modules/catalog/contract/price';"),
      'src/modules/billing/module.json': ['catalog'],
      'src/modules/catalog/module.json': [],
      'src/modules/catalog/contract/price.ts': 'export const Price = 1;',
    },
  ),
  fixture(
    'contract-is-a-leaf',
    "another module's contract, handed on",
    {
      'src/modules/orders/contract/order-placed.ts': "export * from '#modules/billing/contract/authorise-payment';",
    },
    { 'src/modules/orders/contract/order-placed.ts': "export * from '#kernel/contract/message';" },
  ),
  fixture(
    'contract-is-a-leaf',
    'its own insides, handed out',
    { 'src/modules/orders/contract/order-placed.ts': "export type { Order } from '../domain/order.js';", ...ORDER },
    {
      'src/modules/orders/contract/order-placed.ts': "export type { Order } from './order.js';",
      'src/modules/orders/contract/order.ts': 'export type Order = 1;',
    },
  ),
  fixture(
    'contract-is-a-leaf',
    'a part of Node',
    {
      'src/modules/orders/contract/order-placed.ts': "import { randomUUID } from 'crypto'; export default randomUUID;",
    },
    { 'src/modules/orders/contract/order-placed.ts': "import { z } from 'zod'; export default z;" },
  ),
  fixture(
    'kernel-contract-is-a-leaf',
    'a framework',
    { 'src/shared-kernel/contract/message.ts': "import '@nestjs/common'; export const defineCommand = 1;" },
    { 'src/shared-kernel/contract/message.ts': "import 'big.js'; export const defineCommand = 1;" },
  ),
  ...(
    [
      ['the disk', "import { readFileSync } from 'node:fs';", "import type Big from 'big.js';"],
      ['the disk without node:', "import { readFileSync } from 'fs';", "import { z } from 'zod';"],
      ['the disk, asked of the process', "process.getBuiltinModule('fs');", "process.getUid('fs');"],
      ['a framework', "import { Injectable } from '@nestjs/common';", "import '#kernel/contract/message';"],
      ["the ORM's types", "import type { Entity } from '@mikro-orm/core';", "export { z } from 'zod';"],
    ] as const
  ).map(([form, broken, clean]) =>
    fixture(
      'domain-is-plain-typescript',
      form,
      { 'src/modules/billing/domain/payment.ts': `${broken} export const isPaid = 1;` },
      { 'src/modules/billing/domain/payment.ts': `${clean} export const isPaid = 1;` },
    ),
  ),
  fixture(
    'domain-is-plain-typescript',
    'its own use cases',
    {
      'src/modules/billing/domain/payment.ts': "import '../use-cases/pay.js'; export const isPaid = 1;",
      'src/modules/billing/use-cases/pay.ts': '',
    },
    {
      ...usedBy('billing', 'src/modules/billing/use-cases/pay.ts', "import '../domain/payment.js';"),
    },
  ),
  fixture(
    'kernel-knows-nobody',
    'a type of a module',
    {
      ...offers("import '#kernel/messaging/relay';"),
      'src/shared-kernel/messaging/relay.ts': "import type { A } from '#modules/billing/contract/authorise-payment';",
    },
    {
      ...offers("import '#kernel/messaging/relay';"),
      'src/shared-kernel/messaging/relay.ts': "import type { A } from '#kernel/contract/message';",
    },
  ),
  fixture(
    'kernel-knows-nobody',
    'an app',
    {
      ...offers("import '#kernel/messaging/relay';"),
      'src/shared-kernel/messaging/relay.ts': "export const later = () => import('#apps/host/settings');",
      'apps/host/settings.ts': '',
    },
    {
      ...offers("import '#kernel/messaging/relay';"),
      'src/shared-kernel/messaging/relay.ts': "export const later = () => import('#kernel/apps/settings');",
      'src/shared-kernel/apps/settings.ts': '',
    },
  ),
  fixture(
    'modules-know-no-app',
    'its settings',
    { ...offers("import '#apps/monolith/settings';"), 'apps/monolith/settings.ts': 'export const settings = 1;' },
    { ...offers("import './apps/monolith/settings.js';"), 'src/modules/orders/apps/monolith/settings.ts': '' },
  ),
  fixture(
    'modules-leave-the-seam-to-the-kernel',
    'retries of its own',
    offers("import { retry } from 'cockatiel';"),
    offersSpec("import { retry } from 'cockatiel';"),
  ),
  fixture(
    'apps-enter-by-the-front-door',
    'a contract',
    { 'apps/cli/main.ts': "import '#modules/orders/contract/order-placed';" },
    { 'apps/cli/main.ts': "import '#modules/orders/orders.module';" },
  ),
  fixture(
    'tests-enter-by-the-front-door',
    'the insides of a module',
    { 'test/support.ts': "export * from '#modules/billing/domain/payment';" },
    { 'test/support.ts': "export * from '#modules/billing/contract/authorise-payment';" },
  ),
  fixture(
    'tests-enter-by-the-front-door',
    'from the test of an app',
    { 'apps/monolith/main.spec.ts': "import '#modules/billing/domain/payment';" },
    { 'apps/monolith/main.spec.ts': "import '#modules/billing/billing.module';" },
  ),
  fixture(
    'apps-stand-alone',
    "another's main",
    { 'apps/gateway/main.ts': "import '../monolith/main.js';" },
    { 'apps/gateway/main.ts': "import '../monolith/monolith.module.js';" },
  ),
  fixture(
    'no-place-beside-the-layout',
    "a file that is nobody's",
    { ...offers("import '../../common.js';"), 'src/common.ts': 'export const common = 1;' },
    { ...offers("import './common.js';"), 'src/modules/orders/common.ts': 'export const common = 1;' },
  ),
  fixture(
    'no-place-beside-the-layout',
    'the compiled files',
    {
      ...offers("import '../../../dist/src/modules/billing/domain/payment.js';"),
      'dist/src/modules/billing/domain/payment.js': '',
    },
    {
      ...offers("import './dist/payment.js';"),
      'src/modules/orders/dist/payment.ts': '',
    },
  ),
  fixture(
    'product-imports-no-test-code',
    'a helper of the tests',
    offers("import '#test/support';"),
    offersSpec("import '#test/support';"),
  ),
  fixture(
    'product-imports-no-test-code',
    'a helper of its own tests',
    { ...offers("import './testing/fakes.js';"), 'src/modules/orders/testing/fakes.ts': '' },
    { ...offersSpec("import './testing/fakes.js';"), 'src/modules/orders/testing/fakes.ts': '' },
  ),
  fixture(
    'bench-stays-outside',
    'from a module',
    { ...offers("import '../../../bench/load.js';"), 'bench/load.ts': 'export const load = 1;' },
    { ...offers("import './bench/load.js';"), 'src/modules/orders/bench/load.ts': 'export const load = 1;' },
  ),
  fixture('nobody-imports-a-spec', 'in another spec', offersSpec("import './orders.spec.js';"), {
    ...offersSpec("import './testing/orders.spec-helper.js';"),
    'src/modules/orders/testing/orders.spec-helper.ts': '',
  }),
  fixture(
    'product-needs-no-development-package',
    'a library of the tests',
    offers("import 'fast-check';"),
    offersSpec("import 'fast-check';"),
  ),
  fixture('no-undeclared-package', 'one that another brings', offers("import 'tslib';"), offers("import 'zod';")),
  fixture(
    'no-undeclared-package',
    'one of types alone',
    offersSpec("import type { JSONSchema7 } from 'json-schema';"),
    offersSpec("import type { Log } from 'sarif';"),
  ),
  fixture(
    'no-undeclared-package',
    'one that another brings, by its path',
    offers("import '../../../node_modules/tslib/tslib.js';"),
    offers("import '../../../node_modules/uuid/dist/index.js';"),
  ),
  fixture('no-dead-code', 'a file that nobody imports', { [OFFERS]: 'export const offers = 1;' }, offers('')),
  fixture(
    'no-dead-code',
    'one that only a test imports',
    { [OFFERS]: 'export const offers = 1;', ...offersSpec("import './offers.js';") },
    {
      'src/modules/orders/testing/offers.ts': 'export const offers = 1;',
      ...offersSpec("import './testing/offers.js';"),
    },
  ),
  ...(
    [
      [
        'of what is handed in',
        'export const f = (path: string) => import(path);',
        "export const f = () => import('zod');",
      ],
      [
        'of what changes',
        "let name = 'a'; name += 'b'; export const f = () => import('./' + name);",
        "const name = 'order'; export const f = () => import('./contract/' + name + '-placed.js');",
      ],
      [
        'of what has the name of a constant elsewhere',
        "export const a = () => { const path = 'zod'; return import(path); }; export const b = ({ path }: Names) => import(path); interface Names { path: string }",
        "export const a = () => { const path = 'zod'; return import(path); };",
      ],
      [
        'by require',
        'export const f = (path: string) => require(path);',
        'export const require = (path: string) => path; export const f = (path: string) => require(path);',
      ],
      [
        'by a require that is handed on',
        `${CREATE_REQUIRE} export const f = (use: Function) => use(createRequire(import.meta.url));`,
        `${CREATE_REQUIRE} export const f = (use: Function) => use(createRequire(import.meta.url)('zod'));`,
      ],
      [
        'by a require that is exported',
        `${CREATE_REQUIRE} export const load = createRequire(import.meta.url);`,
        `${CREATE_REQUIRE} const load = createRequire(import.meta.url); load('zod');`,
      ],
      [
        'by what makes a require, in an object',
        `${CREATE_REQUIRE} const tools = { make: createRequire }; tools.make(import.meta.url)('../billing/domain/payment.ts');`,
        `${CREATE_REQUIRE} const make = createRequire; make(import.meta.url)('zod');`,
      ],
      [
        'by what makes a require, handed on to other files',
        "export { createRequire as make } from 'node:module';",
        "export { isBuiltin as make } from 'node:module';",
      ],
      [
        'by the methods of what makes a require',
        `${CREATE_REQUIRE} createRequire.call(null, import.meta.url)('../billing/domain/payment.ts');`,
        'const createRequire = (path: string) => (name: string) => path + name; createRequire.call(null, "x")("y");',
      ],
      [
        'by a require in parts',
        `${CREATE_REQUIRE} const { resolve } = createRequire(import.meta.url); resolve('zod');`,
        `${CREATE_REQUIRE} const { z } = createRequire(import.meta.url)('zod'); z('zod');`,
      ],
      [
        'by the methods of a require',
        "export default require.call(null, '../billing/domain/payment.ts');",
        "export default require.resolve('zod');",
      ],
      [
        'of a worker',
        "import { Worker } from 'worker_threads'; export const f = (path: string) => new Worker(path);",
        'class Worker { constructor(readonly name: string) {} } export const f = (name: string) => new Worker(name);',
      ],
      [
        'of a process of Node',
        "import { spawn } from 'node:child_process'; export const f = (path: string) => spawn(process.execPath, [path]);",
        "import { spawn } from 'node:child_process'; export const f = (path: string) => spawn('tar', ['-xf', path, 'main.js']);",
      ],
      [
        'of a process of Node, in a list that is handed in',
        "import { execFile } from 'node:child_process'; export const f = (words: string[]) => execFile('node', words);",
        "import { execFile } from 'node:child_process'; export const f = (words: string[]) => execFile('node', ['src/modules/orders/orders.module.ts', ...words]);",
      ],
      [
        'in a text that a process of Node runs',
        "import { spawn } from 'node:child_process'; spawn(process.execPath, ['--input-type=module', '-e', '1']);",
        "import { spawn } from 'node:child_process'; spawn(process.execPath, ['src/modules/orders/orders.module.ts', '-e', 'none.js'], { cwd: '.' });",
      ],
      [
        'in a text',
        'export const f = new Function(\'return import("zod")\');',
        "export const f = (Function: (text: string) => string, g: Function) => [Function('1'), g];",
      ],
      [
        'in a text that a function is made of, by the maker of another',
        'export const f = (() => 1).constructor(\'return import("zod")\');',
        'export const f = (() => 1).call(\'return import("zod")\');',
      ],
      [
        'in a text that a function is made of, by the maker of any other',
        "export const f = (use: Function) => use['constructor']('1');",
        'export class A { like() { return new this.constructor(1); } }',
      ],
      [
        'in a text that a function is made of, by the maker of what is awaited',
        "const Later = Object.getPrototypeOf(async () => {}).constructor; export const f = new Later('1');",
        'const Later = Object.getPrototypeOf(async () => {}).constructor; export const f = (g: unknown) => g instanceof Later;',
      ],
      [
        'in a text that a function is made of, by the maker of makers',
        "export const f = new ''.constructor.constructor('1');",
        "export const f = new ''.constructor('1');",
      ],
      [
        'in a text that a function is made of, by reflection',
        "export const f = Reflect.construct(Function, ['1']);",
        "export const f = (of: Function) => [Reflect.construct(Date, ['1']), of instanceof Function];",
      ],
      [
        'in a text that a function is made of, by a method',
        "export const f = Function.call(null, '1');",
        'export const f = Function.prototype.call.call(isNaN, null);',
      ],
      [
        'in a text that a module is made of',
        "import Module from 'node:module'; new Module('x')._compile('1', 'x');",
        "import { Template } from './contract/order-placed.js'; new Template('x')._compile('1', 'x');",
      ],
      ['in a text that is run', "export const f = () => eval('1');", 'export const eval1 = () => 1;'],
      [
        'in a text that is run in a roundabout way',
        "export const f = () => (0, eval)('1');",
        "export const f = () => (0, isNaN)('1');",
      ],
      [
        'in a text that is run by another name',
        "const run = eval; export const f = () => run('1');",
        "const run = isNaN; export const f = () => run('1');",
      ],
      [
        'in a text that is run by global',
        "export const f = () => global.eval('1');",
        "export const f = () => global.isNaN('1');",
      ],
      ['in texts that others run', "export const f = ['1'].map(eval);", "export const f = ['1'].map(isNaN);"],
      [
        'in a text that a machine runs',
        "import { runInThisContext as run } from 'node:vm'; export const f = () => run('1');",
        "import { isContext as run } from 'node:vm'; export const f = () => run({});",
      ],
    ] as const
  ).map(([form, broken, clean]) => fixture('import-can-be-read', form, offers(broken), offers(clean))),
  fixture(
    'import-can-be-read',
    'of a mock',
    offersSpec("const path = ['./offers.js'][0]; jest.mock(path);"),
    offersSpec("const path = './orders.module.js'; jest.mock(path);"),
  ),
];

/** A module with such a name, of which orders imports something. */
function moduleNamed(name: string, imported: string): Files {
  return {
    'src/modules/orders/offers.ts': `import '${imported}'; import '#modules/${name}/contract/${name}';`,
    'src/modules/orders/orders.module.ts': `${HEALTHY['src/modules/orders/orders.module.ts']}\nimport './offers.js';`,
    'src/modules/orders/module.json': ['billing', name],
    'apps/monolith/monolith.module.ts': `${HEALTHY['apps/monolith/monolith.module.ts']}\nimport '#modules/${name}/${name}.module';`,
    [`src/modules/${name}/module.json`]: [],
    [`src/modules/${name}/${name}.module.ts`]: `import './domain/${name}.js';`,
    [`src/modules/${name}/contract/${name}.ts`]: 'export const contract = 1;',
    [`src/modules/${name}/domain/${name}.ts`]: 'export const domain = 1;',
  };
}

export const FIXTURES: readonly Fixture[] = [...everyForm, ...SEVERAL];
