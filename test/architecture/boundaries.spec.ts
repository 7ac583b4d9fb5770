import { describe, expect, it } from '@jest/globals';
import { architectureViolations, importRules } from '#apps/cli/check/architecture';
import { describe as describeViolations } from '#apps/cli/check/violation';
import { type Files, withSourceTree } from './source-tree.js';

/** A healthy system of two modules and an app; the fixtures below break one rule each on top of it. */
const HEALTHY: Files = {
  'apps/monolith/main.ts': `
    import { BillingModule } from '#modules/billing/billing.module';
    import { OrdersModule } from '#modules/orders/orders.module';
    export default [OrdersModule, BillingModule];`,
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

/** A file beside the healthy ones that is reached from the app, so that nothing but its own import is wrong. */
function usedBy(module: 'orders' | 'billing', path: string, content: string): Files {
  const file = `src/modules/${module}/${module}.module.ts`;
  return {
    [path]: content,
    [file]: `${HEALTHY[file]}\nimport './${path.split(`${module}/`)[1]?.replace('.ts', '.js')}';`,
  };
}

const UNDECLARED = "import type { OrderPlaced } from '#modules/orders/contract/order-placed';";
const INTERNALS = "import { isPaid } from '#modules/billing/domain/payment';";

/** By rule: files that break it and no other. */
const FIXTURES: Record<string, Files> = {
  'no-unresolvable-import': usedBy('orders', 'src/modules/orders/offers.ts', "import '#modules/orders/nowhere';"),
  'no-import-cycle': {
    ...usedBy(
      'orders',
      'src/modules/orders/offers.ts',
      "import type { Line } from './lines.js'; export type Offer = Line;",
    ),
    'src/modules/orders/lines.ts': "import type { Offer } from './offers.js'; export type Line = Offer;",
  },
  'only-a-modules-contract': usedBy('orders', 'src/modules/orders/offers.ts', INTERNALS),
  'billing-depends-on-what-it-declares': usedBy('billing', 'src/modules/billing/refund.ts', UNDECLARED),
  'orders-depends-on-what-it-declares': {
    ...usedBy('orders', 'src/modules/orders/offers.ts', "import '#modules/catalog/contract/price';"),
    'src/modules/catalog/module.json': [],
    'src/modules/catalog/contract/price.ts': 'export const Price = 1;',
  },
  'contract-is-a-leaf': {
    'src/modules/orders/contract/order-placed.ts': "export * from '#modules/billing/contract/authorise-payment';",
  },
  'kernel-contract-is-a-leaf': {
    'src/shared-kernel/contract/message.ts': "import '@nestjs/common'; export const defineCommand = 1;",
  },
  'domain-is-plain-typescript': {
    'src/modules/billing/domain/payment.ts':
      "import { randomUUID } from 'node:crypto'; export const isPaid = randomUUID;",
  },
  'kernel-knows-nobody': {
    ...usedBy('orders', 'src/modules/orders/offers.ts', "import '#kernel/messaging/relay';"),
    'src/shared-kernel/messaging/relay.ts':
      "import type { AuthorisePayment } from '#modules/billing/contract/authorise-payment';",
  },
  'modules-know-no-app': {
    ...usedBy('orders', 'src/modules/orders/offers.ts', "import '#apps/monolith/settings';"),
    'apps/monolith/settings.ts': 'export const settings = 1;',
  },
  'modules-leave-the-seam-to-the-kernel': usedBy(
    'orders',
    'src/modules/orders/offers.ts',
    "import { retry } from 'cockatiel';",
  ),
  'apps-enter-by-the-front-door': {
    'apps/cli/main.ts': "import '#modules/orders/contract/order-placed';",
  },
  'tests-enter-by-the-front-door': { 'test/support.ts': INTERNALS },
  'apps-stand-alone': { 'apps/gateway/main.ts': "import '../monolith/main.js';" },
  'no-place-beside-the-layout': {
    ...usedBy('orders', 'src/modules/orders/offers.ts', "import '../../common.js';"),
    'src/common.ts': 'export const common = 1;',
  },
  'product-imports-no-test-code': usedBy('orders', 'src/modules/orders/offers.ts', "import '#test/support';"),
  'nobody-imports-a-spec': { 'src/modules/orders/offers.spec.ts': "import './orders.spec.js';" },
  'product-needs-no-development-package': usedBy('orders', 'src/modules/orders/offers.ts', "import 'fast-check';"),
  'no-undeclared-package': usedBy('orders', 'src/modules/orders/offers.ts', "import 'tslib';"),
  'no-dead-code': { 'src/modules/orders/offers.ts': 'export const offers = 1;' },
};

/** By rule: files whose module.json files break it. */
const DECLARATIONS: Record<string, Files> = {
  'module-declares-itself': { 'src/modules/catalog/README.md': '' },
  'one-schema-a-module': {
    'src/modules/catalog/module.json': '{ "name": "catalog", "schema": "orders", "dependsOn": [] }',
  },
  'depends-on-known-modules': { 'src/modules/catalog/module.json': ['prices'] },
  'no-cycle-between-modules': {
    'src/modules/catalog/module.json': ['inventory'],
    'src/modules/inventory/module.json': ['shipping'],
    'src/modules/shipping/module.json': ['catalog'],
  },
};

describe('the walls between modules', () => {
  const violationsOf = (files: Files) => withSourceTree({ ...HEALTHY, ...files }, architectureViolations);
  const rulesBrokenBy = async (files: Files) => (await violationsOf(files)).map(({ rule }) => rule);

  it('let a healthy system be', async () => {
    expect(await rulesBrokenBy({})).toEqual([]);
  });

  it.each(Object.entries({ ...FIXTURES, ...DECLARATIONS }))('hold: %s', async (rule, files) => {
    expect(await rulesBrokenBy(files)).toEqual([rule]);
  });

  it('have a fixture and a comment for every rule', async () => {
    const { forbidden = [] } = await withSourceTree(HEALTHY, importRules);
    expect(Object.keys(FIXTURES).sort()).toEqual(forbidden.map(({ name }) => name).sort());
    for (const { comment } of forbidden) expect(comment).toMatch(/\. [A-Z].+\.$/);
  });

  it('see every way to import', async () => {
    const source = [
      "import { isPaid } from '#modules/billing/domain/payment';",
      "import type { isPaid } from '#modules/billing/domain/payment';",
      "export type { isPaid } from '#modules/billing/domain/payment';",
      "export * from '../../billing/domain/payment.js';",
      "export type IsPaid = import('#modules/billing/domain/payment').isPaid;",
      "export type Payment = typeof import('#modules/billing/domain/payment');",
      "export const later = () => import('#modules/billing/domain/payment');",
      "import payment = require('#modules/billing/domain/payment');",
      "declare const require: (id: string) => unknown; export const paid = require('../../billing/domain/payment.ts');",
      '/// <reference path="../../billing/domain/payment.ts" />',
    ];
    const files = source.map((line, index) => [`src/modules/orders/ways/${index}.ts`, line] as const);
    const wiring = files.map(([path]) => `import './${path.split('orders/')[1]?.replace('.ts', '.js')}';`);
    const orders = 'src/modules/orders/orders.module.ts';
    const violations = await violationsOf({
      ...Object.fromEntries(files),
      [orders]: [HEALTHY[orders], ...wiring].join('\n'),
    });

    expect(violations.map(({ rule, where }) => `${where} ${rule}`)).toEqual(
      files.map(([path]) => `${path}:1 only-a-modules-contract`),
    );
  });

  it('see a built-in module that is asked for by name', async () => {
    const files = { 'src/modules/billing/domain/payment.ts': "export const isPaid = process.getBuiltinModule('fs');" };
    expect(await rulesBrokenBy(files)).toEqual(['domain-is-plain-typescript']);
  });

  it('cannot be walked around by the compiled files', async () => {
    const files = {
      ...usedBy(
        'orders',
        'src/modules/orders/offers.ts',
        "import '../../../dist/src/modules/billing/domain/payment.js';",
      ),
      'dist/src/modules/billing/domain/payment.js': '',
    };
    expect(await rulesBrokenBy(files)).toEqual(['no-place-beside-the-layout']);
  });

  it('report every violation with its line, and the comment of its rule', async () => {
    const source = ["import '#modules/billing/billing.module';", INTERNALS, "import '#modules/nowhere';"].join('\n');
    const violations = await violationsOf(usedBy('orders', 'src/modules/orders/offers.ts', source));

    expect(violations.map(({ where, what }) => `${where} ${what}`).sort()).toEqual([
      'src/modules/orders/offers.ts:1 imports #modules/billing/billing.module (src/modules/billing/billing.module.ts)',
      'src/modules/orders/offers.ts:2 imports #modules/billing/domain/payment (src/modules/billing/domain/payment.ts)',
      'src/modules/orders/offers.ts:3 imports #modules/nowhere',
    ]);
    expect(describeViolations(violations)).toMatch(/have\s+its owner put what you need/);
  });

  it('say what is wrong about a declaration', async () => {
    const violations = await violationsOf({
      'src/modules/catalog/module.json': '{ "name": "prices", "schema": "catalog", "dependsOn": [] }',
      'src/modules/identity/module.json': '{ "name": "identity" ',
      'src/modules/orders/module.json': ['billing', 'billing', 'orders'],
    });
    expect(violations.map(({ where, what }) => `${where} ${what}`)).toEqual([
      'src/modules/catalog/module.json says "name": "prices", but the folder is "catalog"',
      expect.stringMatching(/^src\/modules\/identity\/module.json it: /),
      'src/modules/orders/module.json dependsOn names "billing", a second time',
      'src/modules/orders/module.json dependsOn names "orders", which is the module itself',
    ]);
  });

  it('stand in this very tree', async () => {
    expect(describeViolations(await architectureViolations())).toBe('');
  });
});
