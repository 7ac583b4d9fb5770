import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { moduleSchema } from './module-schema.js';
import { readTopology, TopologyError, topologyProblems, variableOf } from './topology.js';
import { topologySchema } from './topology-schema.js';

const MODULES = ['identity', 'orders', 'inventory'];

const ALONE = { transport: 'in-process', apps: { monolith: { modules: MODULES } } };

const TWO = {
  transport: 'direct',
  apps: {
    monolith: {
      modules: ['identity', 'orders'],
      http: 'http://monolith.internal:3000',
      wire: 'monolith.internal:4000',
    },
    'back-office': { modules: ['inventory'], http: 'http://office.internal:3000', wire: 'office.internal:4000' },
  },
};

/** Two apps, the second of them changed. */
const withOffice = (change: object) => ({
  ...TWO,
  apps: { ...TWO.apps, 'back-office': { ...TWO.apps['back-office'], ...change } },
});

function refusalOf(json: unknown, env: Record<string, string> = {}): string[] {
  try {
    readTopology(json, MODULES, env);
  } catch (error) {
    if (!(error instanceof TopologyError)) throw error;
    const [first, ...problems] = error.message.split('\n');
    expect(first).toBe('The topology does not fit the system:');
    expect(error.mend).toMatch(/^Correct the topology: /);
    return problems.map((problem) => problem.slice(2));
  }
  return [];
}

describe('a topology', () => {
  it('places every module in one app', () => {
    const placement = readTopology(ALONE, MODULES);
    expect(placement.apps).toEqual([
      { name: 'monolith', modules: MODULES, transport: 'direct', http: [], wire: [], instances: 1 },
    ]);
    expect(placement.gateway.name).toBe('monolith');
    expect(placement.appOf('orders').name).toBe('monolith');
  });

  it('says how each app is reached, and who faces the public', () => {
    const topology = {
      ...withOffice({ transport: 'nats', instances: 2, http: ['http://a:3', 'http://b:3'], wire: ['a:1', '[::1]:2'] }),
      gateway: 'back-office',
    };
    const placement = readTopology(topology, MODULES);
    expect(placement.app('monolith')).toMatchObject({
      transport: 'direct',
      http: ['http://monolith.internal:3000'],
      wire: ['monolith.internal:4000'],
      instances: 1,
    });
    expect(placement.gateway).toMatchObject({
      name: 'back-office',
      transport: 'nats',
      http: ['http://a:3', 'http://b:3'],
      wire: ['a:1', '[::1]:2'],
      instances: 2,
    });
    expect(placement.appOf('inventory')).toBe(placement.gateway);
  });

  it('takes addresses from the environment first, of several instances with commas between', () => {
    expect(variableOf('back-office', 'WIRE')).toBe('BACK_OFFICE_WIRE');
    const env = {
      BACK_OFFICE_WIRE: '10.0.0.1:4000, 10.0.0.2:4000',
      BACK_OFFICE_HTTP: 'https://office.example ,http://10.0.0.2:3000',
    };
    expect(readTopology(TWO, MODULES, env).app('back-office')).toMatchObject({
      http: ['https://office.example', 'http://10.0.0.2:3000'],
      wire: ['10.0.0.1:4000', '10.0.0.2:4000'],
    });
    expect(
      readTopology(TWO, MODULES, { BACK_OFFICE_WIRE: ' ', BACK_OFFICE_HTTP: '' }).app('back-office'),
    ).toMatchObject({
      http: ['http://office.internal:3000'],
      wire: ['office.internal:4000'],
    });
  });

  it('may have a gateway that holds no module and needs no address', () => {
    const apps = { gateway: { modules: [] }, ...TWO.apps };
    expect(readTopology({ ...TWO, gateway: 'gateway', apps }, MODULES).gateway).toMatchObject({
      modules: [],
      wire: [],
    });
  });

  it('says what its names on a broker begin with', () => {
    expect(readTopology(TWO, MODULES).system).toBe('seamline');
    expect(readTopology({ ...TWO, system: 'shop-2' }, MODULES).system).toBe('shop-2');
  });

  it.each<[string, unknown, string[], env?: Record<string, string>]>([
    ...[[], null, 'direct'].map((each): [string, unknown, string[]] => [
      `that is ${JSON.stringify(each)}`,
      each,
      [
        'topology: must be an object that says how messages travel and which apps there are: {"transport": …, "apps": {…}}',
      ],
    ]),
    [
      'without a word of apps',
      { transport: 'direct' },
      ['apps: must say which apps there are, by name, and which modules live in each: {"monolith": {"modules": […]}}'],
    ],
    [
      'with values of other types',
      { $schema: 1, transport: 1, system: 1, gateway: 1, apps: { shop: [], stock: { modules: [1] } } },
      [
        '$schema: must be the address of a JSON schema',
        'transport: must be one of in-process, direct, bullmq, rabbitmq, nats',
        'system: must be a short lower-case name such as "shop"',
        'gateway: must be the name of an app',
        'apps.shop: must be an object that says which modules live in this app: {"modules": […]}',
        'apps.stock.modules.0: must be the name of a module',
      ],
    ],
    ['without apps', { transport: 'in-process', apps: {} }, ['apps: must name an app']],
    ['with a word it does not know', { ...ALONE, replicas: 2 }, ['topology: Unrecognized key: "replicas"']],
    [
      'with an unknown transport',
      withOffice({ transport: 'pigeon' }),
      ['apps.back-office.transport: must be one of direct, bullmq, rabbitmq, nats'],
    ],
    [
      'with a system whose name would reach into that of another',
      { ...TWO, system: 'shop.orders' },
      ['system: must be a short lower-case name such as "shop"'],
    ],
    [
      'with an app whose name is none',
      { ...ALONE, apps: { 'Back Office': { modules: MODULES } } },
      ['apps.Back Office: must be a short lower-case name such as "back-office"'],
    ],
    [
      'with a wire that is no address',
      withOffice({ wire: 'office' }),
      ['apps.back-office.wire: must be host:port such as inventory.internal:4000, or a list of them'],
    ],
    [
      'with a port beyond the last',
      withOffice({ wire: 'office:65536' }),
      ['apps.back-office.wire: must be host:port such as inventory.internal:4000, or a list of them'],
    ],
    [
      'with a port before the first',
      withOffice({ wire: 'office:0' }),
      ['apps.back-office.wire: must be host:port such as inventory.internal:4000, or a list of them'],
    ],
    ...['http://me:secret@office', 'http://office?a=1', 'http://office#top', 'http://office:0'].map(
      (http): [string, unknown, string[]] => [
        `with an HTTP address that no request can be sent to as it is, as ${http},`,
        withOffice({ http: ['http://office', http] }),
        ['apps.back-office.http.1: must be an address such as http://inventory.internal:3000, or a list of them'],
      ],
    ),
    [
      'with an HTTP address that is none',
      withOffice({ http: 'office:3000' }),
      ['apps.back-office.http: must be an address such as http://inventory.internal:3000, or a list of them'],
    ],
    [
      'with no instances',
      withOffice({ instances: 0 }),
      ['apps.back-office.instances: must be a whole number from 1 to 16'],
    ],
    [
      'that names an unknown module',
      { ...ALONE, apps: { monolith: { modules: [...MODULES, 'stock'] } } },
      ['apps.monolith names "stock", which is no module; there are identity, orders, inventory.'],
    ],
    [
      'that leaves a module out',
      { ...ALONE, apps: { monolith: { modules: ['identity', 'orders'] } } },
      ['Module "inventory" stands in no app.'],
    ],
    [
      'that places a module twice',
      withOffice({ modules: ['inventory', 'orders'] }),
      ['Module "orders" stands more than once: in monolith, back-office.'],
    ],
    [
      'whose gateway is no app',
      { ...TWO, gateway: 'front' },
      ['gateway names "front", which is no app; there are monolith, back-office.'],
    ],
    [
      'of two apps in one process',
      { ...TWO, transport: 'in-process' },
      [
        'transport is "in-process", which reaches one app only; there are monolith, back-office. Take "direct", or one of bullmq, rabbitmq, nats.',
      ],
    ],
    [
      'whose app nobody can reach',
      withOffice({ wire: undefined, http: undefined }),
      [
        'apps.back-office lacks "wire", the host:port on which the other apps reach it: write it there, or set BACK_OFFICE_WIRE.',
        'apps.back-office lacks "http", the address to which monolith forwards its routes: write it there, or set BACK_OFFICE_HTTP.',
      ],
    ],
    [
      'that has two apps, or two instances of one, at one address',
      withOffice({
        wire: ['monolith.internal:4000', 'office:4000', 'office:4000'],
        http: [TWO.apps.monolith.http, 'http://office', 'http://office'],
      }),
      [
        '"wire" is monolith.internal:4000 for monolith and back-office: every instance of every app listens on an address of its own.',
        '"wire" is office:4000 for back-office and back-office: every instance of every app listens on an address of its own.',
        '"http" is http://monolith.internal:3000 for monolith and back-office: every instance of every app listens on an address of its own.',
        '"http" is http://office for back-office and back-office: every instance of every app listens on an address of its own.',
      ],
    ],
    [
      'whose addresses in the environment are none',
      TWO,
      [
        'BACK_OFFICE_WIRE has "office", which is no host:port such as inventory.internal:4000.',
        'BACK_OFFICE_HTTP has "office:3000", which is no address such as http://inventory.internal:3000.',
      ],
      { BACK_OFFICE_WIRE: '10.0.0.1:4000,office', BACK_OFFICE_HTTP: 'http://office,office:3000' },
    ],
  ])('%s is refused', (...[, json, problems, env]) => {
    expect(refusalOf(json, env)).toEqual(problems);
  });

  it('is refused with all that is wrong at once', () => {
    const json = {
      transport: 'in-process',
      gateway: 'x',
      apps: { a: { modules: ['identity'] }, b: { modules: ['stock'] } },
    };
    expect(refusalOf(json)).toHaveLength(9);
  });

  it('names no app that it does not have, and of no module that it does not place', () => {
    expect(() => readTopology(TWO, MODULES).appOf('stock')).toThrow('Module "stock" stands in no app.');
    expect(() => readTopology(TWO, MODULES).app('front')).toThrow(
      'There is no app "front"; there are monolith, back-office.',
    );
  });
});

describe('what is wrong about a topology', () => {
  const about = (json: unknown) =>
    topologyProblems(json, MODULES).map((problem) => `${problem.about} ${problem.path.join('.')} ${problem.subject}`);

  it('is told apart, each with its place', () => {
    expect(about({ ...ALONE, transport: 'pigeon', replicas: 2 })).toEqual([
      'shape transport transport',
      'shape  topology',
    ]);
    expect(
      about({ ...withOffice({ modules: ['orders', 'stock'] }), gateway: 'front', transport: 'in-process' }),
    ).toEqual([
      'placement apps.back-office.modules.1 back-office stock',
      'placement apps inventory',
      'placement apps.back-office.modules.0 orders',
      'reach gateway front',
      'reach transport in-process',
    ]);
  });

  it('does not depend on addresses, which the environment of each process may have', () => {
    expect(about(withOffice({ wire: undefined, http: undefined }))).toEqual([]);
  });
});

describe('module.schema.json', () => {
  it('is what the code reads', () => {
    expect(JSON.parse(readFileSync('module.schema.json', 'utf8'))).toEqual(moduleSchema());
  });

  it('is what every module.json refers to', () => {
    const files = readdirSync('src/modules').map((module) => `src/modules/${module}/module.json`);
    const references = files
      .filter((file) => existsSync(file))
      .map((file) => JSON.parse(readFileSync(file, 'utf8')).$schema);
    expect(new Set(references)).toEqual(new Set(['../../../module.schema.json']));
  });
});

describe('topology.schema.json', () => {
  it('is what the code reads', () => {
    const written = JSON.parse(readFileSync('topology.schema.json', 'utf8'));
    expect(written).toEqual(topologySchema());
  });

  it('is what topology.json refers to', () => {
    expect(JSON.parse(readFileSync('topology.json', 'utf8')).$schema).toBe('./topology.schema.json');
  });
});
