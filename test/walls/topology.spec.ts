import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { RULES } from '#apps/cli/check/topology/rules';
import { topologyViolations, topologyWall } from '#apps/cli/check/topology/topology-wall';
import { type ContractsRead, contractFiles, readContracts } from '#apps/cli/system/read-contracts';
import { readHandlers } from '#apps/cli/system/read-handlers';
import { type Files, withSourceTree } from '../architecture/source-tree.js';
import { FIXTURES, HEALTHY } from './topology.fixtures.js';

const known = new Map<string, Promise<ContractsRead>>();

/** Most fixtures leave the contracts as they are: the same ones are loaded once. */
async function readOnce(root: string): Promise<ContractsRead> {
  const files = contractFiles(root);
  const texts = await Promise.all(files.map(async (file) => [file, await readFile(join(root, file), 'utf8')]));
  const key = JSON.stringify(texts);
  const read = known.get(key) ?? readContracts(root);
  known.set(key, read);
  return read;
}

const violationsOf = (files: Files) =>
  withSourceTree({ ...HEALTHY, ...files }, (root) => topologyViolations(root, readOnce));
const told = async (files: Files) =>
  (await violationsOf(files)).map(({ file, line, what }) => `${file}:${line} ${what}`);

const ORDERS = 'src/modules/orders';

describe('the topology wall', () => {
  it('lets a healthy system be', async () => {
    expect(await violationsOf({})).toEqual([]);
  });

  it.each(FIXTURES.map((fixture) => [`${fixture.rule}: ${fixture.form}`, fixture] as const))(
    'holds: %s',
    async (_name, { rule, broken, clean }) => {
      expect(new Set((await violationsOf(broken)).map((each) => each.rule))).toEqual(new Set([rule]));
      expect(await violationsOf(clean)).toEqual([]);
    },
  );

  it('has a fixture for every rule, and no other', () => {
    expect([...new Set(FIXTURES.map(({ rule }) => rule))].sort()).toEqual(RULES.map(({ name }) => name).sort());
  });

  it('says all that is wrong about declarations, with the line', async () => {
    const files = {
      'src/modules/orders/module.json': `{
        "name": "orders",
        "schema": "Orders",
        "dependsOn": ["billing"],
        "owner": "me"
      }`,
      'src/modules/billing/module.json':
        '{ "name": "billing", "schema": "billing",\n"dependsOn": ["billing",\n"prices"] }',
    };
    expect(await told(files)).toEqual([
      'src/modules/orders/module.json:3 schema: must be a plain PostgreSQL name such as "orders"',
      'src/modules/orders/module.json:1 it: Unrecognized key: "owner"',
      'src/modules/billing/module.json:2 dependsOn names "billing", which is the module itself',
      'src/modules/billing/module.json:3 dependsOn names "prices", but there is no src/modules/prices',
    ]);
  });

  it.each([
    ['breaks off', '{\n  "name": "orders",\n', 3],
    ['ends too early', '{\n  "name":\n', 2],
    ['has a word too many', '{\n  "name": orders\n}', 2],
  ])('says on which line a declaration %s', async (_, text, line) => {
    const file = 'src/modules/orders/module.json';
    const found = (await violationsOf({ [file]: text })).filter((each) => each.file === file);
    expect(found.map((each) => `${each.rule} ${each.line}`)).toEqual([`module-declares-itself ${line}`]);
  });

  it('tells every circle once, from its first module', async () => {
    const modules = ['a', 'b', 'c', 'd'].flatMap((name) => [
      [`src/modules/${name}/README.md`, `# ${name}\n\nStands in a circle.`],
      [`src/modules/${name}/module.json`, { a: ['b', 'c'], b: ['a'], c: ['d'], d: ['a', 'b'] }[name]],
    ]);
    const found = await violationsOf(Object.fromEntries(modules));
    const circles = found.filter(({ rule }) => rule === 'no-cycle-between-modules').map(({ what }) => what);
    expect(circles).toEqual(['a → b → a', 'a → c → d → a', 'a → c → d → b → a']);
  });

  it('says where in a topology something is wrong', async () => {
    const text = `{
      "transport": "in-process",
      "apps": {
        "monolith": { "modules": ["orders", "billing"] },
        "office": { "modules": [
          "billing",
          "stock"
        ] }
      }
    }`;
    expect(await told({ 'topology.json': text })).toEqual([
      'topology.json:7 apps.office names "stock", which is no module; there are billing, orders.',
      'topology.json:6 Module "billing" stands more than once: in monolith, office.',
      'topology.json:2 transport is "in-process", which reaches one app only; there are monolith, office. Take "direct", or one of bullmq, rabbitmq, nats.',
    ]);
  });

  it('says of a handler where it stands and what it takes', async () => {
    const files = {
      [`${ORDERS}/beside.ts`]: [
        "import { Handle } from '#kernel/messaging/subscriptions';",
        "import { AuthorisePayment } from '#modules/billing/contract/authorise-payment';",
        'export const hear = (type) => Handle(type);',
        'export class Beside {',
        '  @Handle(AuthorisePayment) authorise() {}',
        '}',
      ].join('\n'),
    };
    expect(await told(files)).toEqual([
      `${ORDERS}/beside.ts:5 declares Beside, which "subscribers" of BoundedContext.register does not list`,
      `${ORDERS}/beside.ts:3 handles type, which only running it would tell`,
      `${ORDERS}/beside.ts:5 handles billing.authorise-payment.v1, which is for "billing" alone`,
    ]);
  });

  it('leaves alone what only looks like a handler', async () => {
    const decoys = `
      import { On, Handle } from 'some-emitter';
      import { AuthorisePayment } from '#modules/billing/contract/authorise-payment';
      import { PaymentProspect } from '#modules/billing/contract/payment-prospect';
      const Subscribe = (name: string) => (target: object, method: string) => undefined;
      // @Handle(AuthorisePayment) would be wrong here.
      const text = "queries.ask(PaymentProspect, {})";
      export class Decoy {
        @On('order') order() { this.socket.send('order'); }
        @Handle(AuthorisePayment) handle() { return this.library.ask('PaymentProspect'); }
        @Subscribe('paid') paid() { this.bus.publish(this.event); }
      }`;
    expect(await violationsOf({ [`${ORDERS}/decoy.ts`]: decoys })).toEqual([]);
  });

  it('leaves alone names that look alike', async () => {
    const names = ['order', 'messaging', 'contract', 'persistence', 'http', 'orders-2'];
    const files = Object.fromEntries(
      names.flatMap((name) => [
        [`src/modules/${name}/README.md`, `# ${name}\n\nIs called almost like something else.`],
        [
          `src/modules/${name}/module.json`,
          `{ "name": "${name}", "schema": "${name.replace('-', '_')}", "dependsOn": ["orders"] }`,
        ],
        [
          `src/modules/${name}/subscriber.ts`,
          `import { Subscribe } from '#kernel/messaging/subscriptions';
           import { OrderPlaced } from '#modules/orders/contract/order-placed';
           export class Subscriber { @Subscribe(OrderPlaced) placed() {} }`,
        ],
        [
          `src/modules/${name}/${name}.module.ts`,
          `import { BoundedContext } from '#kernel/bounded-context';
           import { Subscriber } from './subscriber.js';
           export const context = BoundedContext.register({ subscribers: [Subscriber] });`,
        ],
      ]),
    );
    const map = `
      import { Module } from '@nestjs/common';
      import { BillingModule } from '#modules/billing/billing.module';
      import { OrdersModule } from '#modules/orders/orders.module';
      ${names.map((name, index) => `import { context as context${index} } from '#modules/${name}/${name}.module';`).join('\n')}
      @Module({ imports: [OrdersModule, BillingModule, ${names.map((_, index) => `context${index}`).join(', ')}] })
      export class MonolithModule {}`;
    const topology = { transport: 'in-process', apps: { orders: { modules: ['orders', 'billing', ...names] } } };
    expect(
      await violationsOf({
        ...files,
        'apps/monolith/monolith.module.ts': map,
        'topology.json': JSON.stringify(topology),
        // A hidden folder is no module.
        'src/modules/.cache/notes.txt': '',
      }),
    ).toEqual([]);
  });

  it('does not blame handlers for a contract that cannot be loaded', async () => {
    const files = { [`${ORDERS}/contract/order-placed.ts`]: 'export const OrderPlaced = nowhere();' };
    expect(await violationsOf(files)).toEqual([]);
  });

  it('reads what this project takes and sends, and finds nothing wrong with it', async () => {
    expect(await topologyWall.violations(process.cwd(), { say: () => undefined })).toEqual([]);
    const handlers = readHandlers(process.cwd());
    const of = (kind: string) => [
      ...new Set(handlers.filter((each) => each.kind === kind).map(({ module }) => module)),
    ];
    expect(of('subscribe')).toEqual(['inventory', 'orders']);
    expect(of('saga')).toEqual(['orders']);
    expect(of('answer')).toEqual(['billing', 'inventory']);
    expect(of('ask')).toEqual(['orders']);
    const placed = 'src/modules/orders/contract/order-placed.ts';
    expect(handlers).toContainEqual({
      module: 'orders',
      file: 'src/modules/orders/sagas/checkout.ts',
      line: expect.any(Number),
      kind: 'saga',
      contract: { module: 'orders', file: placed, exportName: 'OrderPlaced' },
    });
  });
});
