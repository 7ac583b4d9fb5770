import type { Files } from '../architecture/source-tree.js';
import type { Fixture } from './fixture.js';

const ORDERS = 'src/modules/orders';
const BILLING = 'src/modules/billing';
const MAP = 'apps/monolith/monolith.module.ts';

const moduleFile = (name: string, imports: string, options: string) => `
  import { Module } from '@nestjs/common';
  import { BoundedContext } from '#kernel/bounded-context';
  import declaration from './module.json' with { type: 'json' };
  ${imports}
  @Module({ imports: [BoundedContext.register({ declaration, entities: [], migrations: [], ${options} })] })
  export class ${name}Module {}`;

const topology = (apps: Record<string, readonly string[]>, more: object = {}) =>
  JSON.stringify({
    transport: 'in-process',
    apps: Object.fromEntries(Object.entries(apps).map(([name, modules]) => [name, { modules }])),
    ...more,
  });

const mapOf = (imports: string, list: string) => `
  import { Module } from '@nestjs/common';
  import { BillingModule } from '#modules/billing/billing.module';
  import { OrdersModule } from '#modules/orders/orders.module';
  ${imports}
  @Module({ imports: ${list} })
  export class MonolithModule {}`;

const message = (kind: 'Event' | 'Command', constant: string, name: string) => `
  import { z } from 'zod';
  import { define${kind} } from '#kernel/contract/message';
  export const ${constant} = define${kind}('${name}', 'reference', z.strictObject({ reference: z.uuid() }));`;

const query = (constant: string, name: string) => `
  import { z } from 'zod';
  import { defineQuery } from '#kernel/contract/query';
  export const ${constant} = defineQuery('${name}', z.strictObject({}), z.strictObject({ payment: z.string() }));`;

/** Two modules with every kind of message between them; the fixtures change a few of its files. */
export const HEALTHY: Files = {
  'topology.json': topology({ monolith: ['billing', 'orders'] }),
  [MAP]: mapOf('', '[OrdersModule, BillingModule]'),
  [`${BILLING}/README.md`]: '# Billing\n\nAsks for money.\n',
  [`${BILLING}/module.json`]: [],
  [`${BILLING}/billing.module.ts`]: moduleFile(
    'Billing',
    "import { BillingSubscriber } from './billing.subscriber.js';",
    'subscribers: [BillingSubscriber], answers: [BillingSubscriber]',
  ),
  [`${BILLING}/billing.subscriber.ts`]: `
    import { Handle } from '#kernel/messaging/subscriptions';
    import { Answers } from '#kernel/requests/answers';
    import { AuthorisePayment } from './contract/authorise-payment.js';
    import { PaymentAuthorised } from './contract/payment-authorised.js';
    import { PaymentProspect } from './contract/payment-prospect.js';
    export class BillingSubscriber {
      @Handle(AuthorisePayment)
      authorise({ payload }, tx) { tx.publish(PaymentAuthorised, payload); }
      @Answers(PaymentProspect)
      prospect() { return { payment: 'likely' }; }
    }`,
  [`${BILLING}/contract/authorise-payment.ts`]: message('Command', 'AuthorisePayment', 'billing.authorise-payment.v1'),
  [`${BILLING}/contract/payment-authorised.ts`]: message('Event', 'PaymentAuthorised', 'billing.payment-authorised.v1'),
  [`${BILLING}/contract/payment-prospect.ts`]: query('PaymentProspect', 'billing.payment-prospect.v1'),
  [`${ORDERS}/README.md`]: '# Orders\n\nLeads an order from the cart to the door.\n',
  [`${ORDERS}/module.json`]: ['billing'],
  [`${ORDERS}/orders.module.ts`]: moduleFile(
    'Orders',
    `import { PaymentProspect } from '#modules/billing/contract/payment-prospect';
     import { OrdersSubscriber } from './orders.subscriber.js';
     import { Checkout } from './sagas/checkout.js';`,
    'subscribers: [OrdersSubscriber], sagas: [Checkout], asks: [PaymentProspect]',
  ),
  [`${ORDERS}/orders.subscriber.ts`]: `
    import { Subscribe } from '#kernel/messaging/subscriptions';
    import { PaymentAuthorised } from '#modules/billing/contract/payment-authorised';
    import { PaymentProspect } from '#modules/billing/contract/payment-prospect';
    import { OrderPlaced } from './contract/order-placed.js';
    export class OrdersSubscriber {
      @Subscribe(PaymentAuthorised)
      paid() {}
      ask() { return this.queries.ask(PaymentProspect, {}, { within: 500 }); }
      place(tx) { tx.publish(OrderPlaced, { reference: 'r' }); }
    }`,
  [`${ORDERS}/sagas/checkout.ts`]: `
    import { On, Saga, Starts } from '#kernel/sagas/saga';
    import { AuthorisePayment } from '#modules/billing/contract/authorise-payment';
    import { PaymentAuthorised } from '#modules/billing/contract/payment-authorised';
    import { OrderPlaced } from '../contract/order-placed.js';
    @Saga({ name: 'checkout', version: 1, state: {}, undoneBy: [PaymentAuthorised] })
    export class Checkout {
      @Starts(OrderPlaced, ({ reference }) => reference)
      start(placed, saga) { saga.do(AuthorisePayment, placed); }
      @On(PaymentAuthorised, ({ reference }) => reference)
      authorised() {}
    }`,
  [`${ORDERS}/contract/order-placed.ts`]: message('Event', 'OrderPlaced', 'orders.order-placed.v1'),
};

/** A subscriber of its own beside the one that is there, listed as such. */
const second = (module: 'orders' | 'billing', text: string): Files => {
  const [name, file] =
    module === 'orders' ? ['Orders', `${ORDERS}/orders.module.ts`] : ['Billing', `${BILLING}/billing.module.ts`];
  const healthy = HEALTHY[file] as string;
  const property = /@(?:\w+\.)?Answers\b/.test(text) ? 'answers' : 'subscribers';
  const listed = new RegExp(`${property}: \\[`).test(healthy)
    ? healthy.replace(`${property}: [`, `${property}: [Second, `)
    : healthy.replace('migrations: [],', `migrations: [], ${property}: [Second],`);
  return {
    [`src/modules/${module}/second.ts`]: text,
    [file]: listed.replace(
      `export class ${name}Module`,
      `import { Second } from './second.js';\n  export class ${name}Module`,
    ),
  };
};

/** What is to stand in `orders` beside the rest, reached by nobody: whether a class is listed does not matter there. */
const inOrders = (text: string): Files => ({ [`${ORDERS}/beside.ts`]: text });

const listener = (argument: string, imports: string, decorator = 'Subscribe') => `
  import { ${decorator} } from '#kernel/messaging/subscriptions';
  ${imports}
  export class Second {
    @${decorator}(${argument})
    taken() {}
  }`;

const CATALOG: Files = {
  'src/modules/catalog/README.md': '# Catalog\n\nWhat there is to buy.\n',
  'src/modules/catalog/catalog.module.ts': moduleFile('Catalog', '', ''),
  'topology.json': topology({ monolith: ['billing', 'orders', 'catalog'] }),
  [MAP]: mapOf(
    "import { CatalogModule } from '#modules/catalog/catalog.module';",
    '[OrdersModule, BillingModule, CatalogModule]',
  ),
};
const catalog = (declaration: string | readonly string[]): Files => ({
  ...CATALOG,
  'src/modules/catalog/module.json': declaration,
});

const IMPORT_PLACED = "import { OrderPlaced } from './contract/order-placed.js';";
const IMPORT_AUTHORISE = "import { AuthorisePayment } from '#modules/billing/contract/authorise-payment';";
const IMPORT_AUTHORISED = "import { PaymentAuthorised } from '#modules/billing/contract/payment-authorised';";
const IMPORT_PROSPECT = "import { PaymentProspect } from '#modules/billing/contract/payment-prospect';";

const declarations: Fixture[] = [
  {
    rule: 'module-declares-itself',
    form: 'a folder without a module.json',
    broken: CATALOG,
    clean: catalog([]),
  },
  {
    rule: 'module-declares-itself',
    form: 'a module.json that is no JSON',
    broken: catalog('{ "name": "catalog", '),
    clean: catalog('{ "name": "catalog", "schema": "catalog", "dependsOn": [] }'),
  },
  {
    rule: 'module-declares-itself',
    form: 'a property that nobody knows',
    broken: catalog('{ "name": "catalog", "schema": "catalog", "dependsOn": [], "dependOn": [] }'),
    clean: catalog(
      '{ "$schema": "../../../module.schema.json", "name": "catalog", "schema": "catalog", "dependsOn": [] }',
    ),
  },
  {
    rule: 'module-declares-itself',
    form: 'a name that is not that of the folder',
    broken: catalog('{ "name": "prices", "schema": "catalog", "dependsOn": [] }'),
    clean: catalog('{ "name": "catalog", "schema": "prices", "dependsOn": [] }'),
  },
  {
    rule: 'module-declares-itself',
    form: "PostgreSQL's schema for everybody",
    broken: catalog('{ "name": "catalog", "schema": "public", "dependsOn": [] }'),
    clean: catalog('{ "name": "catalog", "schema": "public_prices", "dependsOn": [] }'),
  },
  {
    rule: 'one-schema-a-module',
    form: 'the schema of another module',
    broken: catalog('{ "name": "catalog", "schema": "orders", "dependsOn": [] }'),
    clean: catalog('{ "name": "catalog", "schema": "order", "dependsOn": [] }'),
  },
  {
    rule: 'depends-on-known-modules',
    form: 'a module that is not there',
    broken: catalog(['order']),
    clean: catalog(['orders']),
  },
  {
    rule: 'depends-on-known-modules',
    form: 'the module itself',
    broken: catalog(['catalog']),
    clean: catalog(['billing']),
  },
  {
    rule: 'depends-on-known-modules',
    form: 'the same module twice',
    broken: catalog(['billing', 'orders', 'billing']),
    clean: catalog(['billing', 'orders']),
  },
  {
    rule: 'no-cycle-between-modules',
    form: 'two that depend on each other',
    broken: { ...catalog(['orders']), [`${ORDERS}/module.json`]: ['billing', 'catalog'] },
    clean: { ...catalog(['billing']), [`${ORDERS}/module.json`]: ['billing', 'catalog'] },
  },
  {
    rule: 'no-cycle-between-modules',
    form: 'three in a circle',
    broken: { ...catalog(['orders']), [`${BILLING}/module.json`]: ['catalog'] },
    clean: { ...catalog([]), [`${BILLING}/module.json`]: ['catalog'] },
  },
];

const hygiene: Fixture[] = [
  {
    rule: 'module-tells-its-purpose',
    form: 'no README',
    broken: {
      'src/modules/catalog/module.json': [],
      'src/modules/catalog/catalog.module.ts': CATALOG['src/modules/catalog/catalog.module.ts'] as string,
      'topology.json': CATALOG['topology.json'] as string,
      [MAP]: CATALOG[MAP] as string,
    },
    clean: catalog([]),
  },
  {
    rule: 'module-tells-its-purpose',
    form: 'an empty README',
    broken: { [`${ORDERS}/README.md`]: '\n' },
    clean: { [`${ORDERS}/README.md`]: 'Orders\n======\n\nLeads an order to the door.\n' },
  },
  {
    rule: 'module-tells-its-purpose',
    form: 'a heading and nothing below it',
    broken: { [`${ORDERS}/README.md`]: '# Orders\n\n<!-- to be written -->\n' },
    clean: { [`${ORDERS}/README.md`]: '# Orders\nLeads an order to the door.' },
  },
  {
    rule: 'module-tells-its-purpose',
    form: 'text without a heading',
    broken: { [`${ORDERS}/README.md`]: '#hashtag orders\n' },
    clean: { [`${ORDERS}/README.md`]: '# orders\n\n#hashtag\n' },
  },
  {
    rule: 'module-is-on-the-map',
    form: 'a module that the list leaves out',
    broken: { [MAP]: mapOf('', '[OrdersModule]') },
    clean: { [MAP]: mapOf('', '[OrdersModule, BillingModule]') },
  },
  {
    rule: 'module-is-on-the-map',
    form: 'a module that only a comment names',
    broken: { [MAP]: mapOf('', '[OrdersModule /*, BillingModule */]') },
    clean: { [MAP]: mapOf('', '[OrdersModule, /* and */ BillingModule]') },
  },
  {
    rule: 'module-is-on-the-map',
    form: 'a list in a constant',
    broken: { [MAP]: mapOf('const shop = [OrdersModule]; const spare = [BillingModule];', '[...shop]') },
    clean: { [MAP]: mapOf('const shop = [OrdersModule, BillingModule];', '[...shop]') },
  },
  {
    rule: 'module-is-on-the-map',
    form: 'a list in another file',
    broken: {
      [MAP]: mapOf("import { shop } from './shop.js';", 'shop'),
      'apps/monolith/shop.ts': `
        import { OrdersModule } from '#modules/orders/orders.module';
        export const shop = [OrdersModule];`,
    },
    clean: {
      [MAP]: mapOf("import { shop } from './shop.js';", 'shop'),
      'apps/monolith/shop.ts': `
        import { BillingModule } from '#modules/billing/billing.module';
        import { OrdersModule } from '#modules/orders/orders.module';
        export const shop = [OrdersModule.forRoot({}), BillingModule];`,
    },
  },
];

const placement: Fixture[] = [
  {
    rule: 'topology-is-well-formed',
    form: 'a transport that nobody knows',
    broken: { 'topology.json': topology({ monolith: ['billing', 'orders'] }, { transport: 'pigeon' }) },
    clean: { 'topology.json': topology({ monolith: ['billing', 'orders'] }, { transport: 'nats' }) },
  },
  {
    rule: 'topology-is-well-formed',
    form: 'a word that nobody knows',
    broken: { 'topology.json': topology({ monolith: ['billing', 'orders'] }, { replicas: 2 }) },
    clean: { 'topology.json': topology({ monolith: ['billing', 'orders'] }, { gateway: 'monolith' }) },
  },
  {
    rule: 'topology-is-well-formed',
    form: 'another topology beside the usual one, which is no JSON',
    broken: { 'topology.staging.json': '{ "transport": ' },
    clean: { 'topology.staging.json': topology({ all: ['orders', 'billing'] }) },
  },
  {
    rule: 'topology-is-well-formed',
    form: 'an app that is written twice, of which the first would be lost',
    broken: {
      'topology.json': topology({ a: ['orders'], b: ['orders', 'billing'] }).replace('"a"', '"b"'),
    },
    clean: { 'topology.json': `\uFEFF${topology({ monolith: ['orders', 'billing'] })}` },
  },
  {
    rule: 'every-module-in-one-app',
    form: 'a module that stands nowhere',
    broken: { 'topology.json': topology({ monolith: ['orders'] }) },
    clean: { 'topology.json': topology({ monolith: ['orders', 'billing'] }) },
  },
  {
    rule: 'every-module-in-one-app',
    form: 'a module that stands in two apps',
    broken: { 'topology.json': topology({ a: ['orders', 'billing'], b: ['billing'] }, { transport: 'direct' }) },
    clean: { 'topology.json': topology({ a: ['orders'], b: ['billing'] }, { transport: 'direct' }) },
  },
  {
    rule: 'every-module-in-one-app',
    form: 'a name that is almost that of a module',
    broken: { 'topology.json': topology({ monolith: ['orders', 'billing', 'order'] }) },
    clean: { 'topology.json': topology({ order: ['orders', 'billing'] }) },
  },
  {
    rule: 'apps-reach-each-other',
    form: 'two apps in one process',
    broken: { 'topology.json': topology({ a: ['orders'], b: ['billing'] }) },
    clean: { 'topology.json': topology({ a: ['orders'], b: ['billing'] }, { transport: 'bullmq' }) },
  },
  {
    rule: 'apps-reach-each-other',
    form: 'a gateway that is no app',
    broken: { 'topology.json': topology({ monolith: ['orders', 'billing'] }, { gateway: 'front' }) },
    clean: {
      'topology.json': topology({ front: [], back: ['orders', 'billing'] }, { gateway: 'front', transport: 'direct' }),
    },
  },
];

const messages: Fixture[] = [
  {
    rule: 'handler-names-its-message',
    form: 'a message that a function picks',
    broken: second('orders', listener('pick()', `${IMPORT_PLACED} const pick = () => OrderPlaced;`)),
    clean: second('orders', listener('OrderPlaced', IMPORT_PLACED)),
  },
  {
    rule: 'handler-names-its-message',
    form: 'a decorator that takes any message',
    broken: inOrders(`
      import { Subscribe } from '#kernel/messaging/subscriptions';
      export const Hears = (event) => Subscribe(event, { from: 'now' });`),
    clean: second(
      'orders',
      `import { Subscribe } from '#kernel/messaging/subscriptions';
       ${IMPORT_PLACED}
       const HearsOrders = (options) => Subscribe(OrderPlaced, options);
       export class Second { @HearsOrders({ from: 'now' }) heard() {} }`,
    ),
  },
  {
    rule: 'handler-takes-a-declared-message',
    form: 'an event that its contract does not export',
    broken: second('orders', listener('OrderLost', "import { OrderLost } from './contract/order-placed.js';")),
    clean: second('orders', listener('Lost', "import { OrderPlaced as Lost } from './contract/order-placed.js';")),
  },
  {
    rule: 'handler-takes-a-declared-message',
    form: 'a type of a contract that is no message',
    broken: {
      ...second('orders', listener('Line', "import { Line } from './contract/line.js';")),
      [`${ORDERS}/contract/line.ts`]: 'export const Line = { name: 1 };',
    },
    clean: {
      ...second('orders', listener('Private', "import { Private } from './private.js';")),
      [`${ORDERS}/private.ts`]: message('Event', 'Private', 'orders.private.v1'),
    },
  },
  {
    rule: 'handler-fits-its-message',
    form: 'a subscription to a command',
    broken: second(
      'billing',
      listener('AuthorisePayment', "import { AuthorisePayment } from './contract/authorise-payment.js';"),
    ),
    clean: second(
      'billing',
      listener('PaymentAuthorised', "import { PaymentAuthorised } from './contract/payment-authorised.js';"),
    ),
  },
  {
    rule: 'handler-fits-its-message',
    form: 'an event that is sent',
    broken: inOrders(`${IMPORT_PLACED} export const place = (tx) => tx.send(OrderPlaced, {});`),
    clean: inOrders(`${IMPORT_PLACED} export const place = (tx) => tx.publish(OrderPlaced, {});`),
  },
  {
    rule: 'only-the-owner-takes',
    form: "a handler of another module's command",
    broken: second('orders', listener('AuthorisePayment', IMPORT_AUTHORISE, 'Handle')),
    clean: second('orders', listener('PaymentAuthorised', IMPORT_AUTHORISED)),
  },
  {
    rule: 'only-the-owner-takes',
    form: "an answer to another module's query",
    broken: second(
      'orders',
      `import { Answers } from '#kernel/requests/answers';
       ${IMPORT_PROSPECT}
       export class Second { @Answers(PaymentProspect) guess() {} }`,
    ),
    clean: second(
      'orders',
      `import { Answers } from './other-answers.js';
       ${IMPORT_PROSPECT}
       export class Second { @Answers(PaymentProspect) guess() {} }`,
    ),
  },
  {
    rule: 'one-handler-a-command',
    form: 'a command that nobody handles',
    broken: { [`${BILLING}/contract/refund.ts`]: message('Command', 'Refund', 'billing.refund.v1') },
    clean: {
      [`${BILLING}/contract/refund.ts`]: message('Command', 'Refund', 'billing.refund.v1'),
      ...second('billing', listener('Refund', "import { Refund } from './contract/refund.js';", 'Handle')),
    },
  },
  {
    rule: 'one-handler-a-command',
    form: 'a command that two handle, one of them in batches',
    broken: second(
      'billing',
      listener(
        'AuthorisePayment',
        "import { AuthorisePayment } from './contract/authorise-payment.js';",
        'HandleInBatches',
      ),
    ),
    clean: {
      [`${BILLING}/billing.subscriber.ts`]: (HEALTHY[`${BILLING}/billing.subscriber.ts`] as string)
        .replaceAll('@Handle(', '@HandleInBatches(')
        .replace('{ Handle }', '{ HandleInBatches }'),
    },
  },
  {
    rule: 'one-handler-a-command',
    form: 'an older version that no newer one is upcast from',
    broken: {
      [`${BILLING}/contract/authorise-payment-2.ts`]: message(
        'Command',
        'AuthorisePayment2',
        'billing.authorise-payment.v2',
      ),
    },
    clean: {
      [`${BILLING}/contract/authorise-payment-2.ts`]: `
        import { z } from 'zod';
        import { defineCommand } from '#kernel/contract/message';
        import { from } from '#kernel/contract/upcast';
        import { AuthorisePayment } from './authorise-payment.js';
        export const AuthorisePayment2 = defineCommand(
          'billing.authorise-payment.v2', 'reference', z.strictObject({ reference: z.uuid() }),
          { upcasts: from(AuthorisePayment, (older) => older) });`,
      [`${BILLING}/billing.subscriber.ts`]: (HEALTHY[`${BILLING}/billing.subscriber.ts`] as string)
        .replace('@Handle(AuthorisePayment)', '@Handle(AuthorisePayment2)')
        .replace(
          "{ AuthorisePayment } from './contract/authorise-payment.js'",
          "{ AuthorisePayment2 } from './contract/authorise-payment-2.js'",
        ),
    },
  },
  {
    rule: 'one-answer-a-query',
    form: 'a query that nobody answers',
    broken: { [`${BILLING}/contract/balance.ts`]: query('Balance', 'billing.balance.v1') },
    clean: {
      [`${BILLING}/contract/balance.ts`]: query('Balance', 'billing.balance.v1'),
      ...second(
        'billing',
        `import * as requests from '#kernel/requests/answers';
         import { Balance } from './contract/balance.js';
         export class Second { @requests.Answers(Balance) balance() {} }`,
      ),
    },
  },
  {
    rule: 'one-answer-a-query',
    form: 'a query that two answer',
    broken: second(
      'billing',
      `import { Answers } from '#kernel/requests/answers';
       import { PaymentProspect } from './contract/payment-prospect.js';
       export class Second { @Answers(PaymentProspect) prospect() {} }`,
    ),
    clean: second(
      'billing',
      `import { PaymentProspect } from './contract/payment-prospect.js';
       // @Answers(PaymentProspect) is what the subscriber does.
       export class Second { prospect = '@Answers(PaymentProspect)'; }`,
    ),
  },
  {
    rule: 'only-the-owner-publishes',
    form: 'two versions of an event of another module',
    broken: inOrders(`${IMPORT_AUTHORISED}
      export const f = (tx) => tx.publishBoth([PaymentAuthorised, {}], [PaymentAuthorised, {}]);`),
    clean: inOrders(`${IMPORT_PLACED} export const f = (tx) => tx.publishBoth([OrderPlaced, {}], [OrderPlaced, {}]);`),
  },
  {
    rule: 'only-the-owner-publishes',
    form: 'by brackets',
    broken: inOrders(`${IMPORT_AUTHORISED} export const f = (tx) => tx['publish'](PaymentAuthorised, {});`),
    clean: inOrders(`${IMPORT_PLACED} export const f = (tx) => tx['publish'](OrderPlaced, {});`),
  },
  {
    rule: 'only-the-owner-publishes',
    form: 'an event of another module',
    broken: inOrders(`${IMPORT_AUTHORISED} export const pay = (tx) => tx.publish(PaymentAuthorised, {});`),
    clean: inOrders(`${IMPORT_AUTHORISED} export const pay = (tx) => tx.note(PaymentAuthorised, {});`),
  },
  {
    rule: 'takes-only-what-it-depends-on',
    form: 'a subscription',
    broken: second(
      'billing',
      listener('OrderPlaced', "import { OrderPlaced } from '#modules/orders/contract/order-placed';"),
    ),
    clean: second(
      'orders',
      listener('OrderPlaced', "import { OrderPlaced } from '#modules/orders/contract/order-placed';"),
    ),
  },
  {
    rule: 'takes-only-what-it-depends-on',
    form: 'a saga, by a barrel and an alias',
    broken: {
      ...catalog([]),
      'src/modules/catalog/process.ts': `
        import { On as When } from '#kernel/sagas/saga';
        import * as orders from '../orders/contract/index.js';
        const { OrderPlaced: Placed } = orders;
        class Process { @When(Placed, ({ reference }) => reference) placed() {} }`,
      'src/modules/catalog/catalog.module.ts': moduleFile(
        'Catalog',
        "import { Process } from './process.js';",
        'sagas: [Process]',
      ),
      [`${ORDERS}/contract/index.ts`]: "export { OrderPlaced } from './order-placed.js';",
    },
    clean: {
      ...catalog(['orders']),
      'src/modules/catalog/process.ts': `
        import { On as When } from '#kernel/sagas/saga';
        import * as orders from '../orders/contract/index.js';
        const { OrderPlaced: Placed } = orders;
        export class Process { @When(Placed, ({ reference }) => reference) placed() {} }`,
      'src/modules/catalog/catalog.module.ts': moduleFile(
        'Catalog',
        "import { Process } from './process.js';",
        'sagas: [Process]',
      ),
      [`${ORDERS}/contract/index.ts`]: "export * from './order-placed.js';",
    },
  },
  {
    rule: 'takes-only-what-it-depends-on',
    form: 'a command that is sent',
    broken: {
      ...catalog([]),
      'src/modules/catalog/pay.ts': `${IMPORT_AUTHORISE} export const pay = (tx) => tx.send(AuthorisePayment, {});`,
    },
    clean: {
      ...catalog(['billing']),
      'src/modules/catalog/pay.ts': `${IMPORT_AUTHORISE} export const pay = (tx) => tx.send(AuthorisePayment, {});`,
    },
  },
  {
    rule: 'handlers-are-registered',
    form: 'a subscriber that no list names',
    broken: { [`${ORDERS}/second.ts`]: listener('OrderPlaced', IMPORT_PLACED) },
    clean: second('orders', listener('OrderPlaced', IMPORT_PLACED)),
  },
  {
    rule: 'handlers-are-registered',
    form: 'a subscriber in the list of sagas',
    broken: {
      [`${ORDERS}/orders.module.ts`]: (HEALTHY[`${ORDERS}/orders.module.ts`] as string).replace(
        'subscribers: [OrdersSubscriber], sagas: [Checkout]',
        'sagas: [Checkout, OrdersSubscriber]',
      ),
    },
    clean: {
      [`${ORDERS}/orders.module.ts`]: (HEALTHY[`${ORDERS}/orders.module.ts`] as string).replace(
        'subscribers: [OrdersSubscriber]',
        'subscribers: subscribersOf(Checkout)',
      ),
    },
  },
  ...(
    [
      ['a constant', 'export const Second = class'],
      ['a constant, under another name of its own', 'export const Second = class Clerk'],
      ['what is exported by default', 'export default class'],
    ] as const
  ).map(([form, head]): Fixture => {
    const text = listener('OrderPlaced', IMPORT_PLACED).replace('export class Second', head);
    const imported = head.includes('default') ? 'Second' : '{ Second }';
    const listed = Object.entries(second('orders', text)).map(([file, content]) => [
      file,
      String(content).replace('import { Second }', `import ${imported}`),
    ]);
    return {
      rule: 'handlers-are-registered',
      form: `a subscriber without a name, in ${form}`,
      broken: { [`${ORDERS}/second.ts`]: text },
      clean: Object.fromEntries(listed),
    };
  }),
  {
    rule: 'handlers-are-registered',
    form: 'a question that no list names',
    broken: {
      [`${ORDERS}/orders.module.ts`]: (HEALTHY[`${ORDERS}/orders.module.ts`] as string).replace(
        ', asks: [PaymentProspect]',
        '',
      ),
    },
    clean: {
      [`${ORDERS}/orders.module.ts`]: (HEALTHY[`${ORDERS}/orders.module.ts`] as string)
        .replace('asks: [PaymentProspect]', 'asks')
        .replace('@Module', 'const asks = [PaymentProspect];\n@Module'),
    },
  },
  {
    rule: 'query-has-a-deadline',
    form: 'a question without options',
    broken: inOrders(`${IMPORT_PROSPECT} export const ask = (queries) => queries.ask(PaymentProspect, {});`),
    clean: inOrders(
      `${IMPORT_PROSPECT} export const ask = (queries) => queries.ask(PaymentProspect, {}, { within: 100 });`,
    ),
  },
  {
    rule: 'query-has-a-deadline',
    form: 'options without "within"',
    broken: inOrders(
      `${IMPORT_PROSPECT} export const ask = (queries, signal) => queries.ask(PaymentProspect, {}, { signal });`,
    ),
    clean: inOrders(
      `${IMPORT_PROSPECT} export const ask = (queries, options) => queries.ask(PaymentProspect, {}, options);`,
    ),
  },
  ...(
    [
      ['a deadline that is none', '{ within: undefined as any }', '{ within: LIMITS.soon as any }'],
      ['options that are cast', '{} as AskOptions', '{ within: 100 } as AskOptions'],
      ['options that are none', 'undefined!', '{ ...options }'],
    ] as const
  ).map(([form, broken, clean]): Fixture => {
    const asking = (given: string) =>
      inOrders(
        `${IMPORT_PROSPECT} export const ask = (queries, options) => queries.ask(PaymentProspect, {}, ${given});`,
      );
    return { rule: 'query-has-a-deadline', form, broken: asking(broken), clean: asking(clean) };
  }),
];

export const FIXTURES: readonly Fixture[] = [...declarations, ...hygiene, ...placement, ...messages];
