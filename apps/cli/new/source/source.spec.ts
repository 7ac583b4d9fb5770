import { describe, expect, it } from '@jest/globals';
import { withImports } from './imports.js';
import { withListed, withPlaced, withRegistered } from './lists.js';
import { freeMember, withInjected, withMethod } from './methods.js';
import { whyUnsound } from './sound.js';

const MODULE = `import { Module } from '@nestjs/common';
import { BoundedContext } from '#kernel/bounded-context';
import declaration from './module.json' with { type: 'json' };

/** What providers: [Nothing] in a comment is not. */
@Module({
  imports: [BoundedContext.register({ declaration, entities: [], migrations: [] })],
  providers: [First],
})
export class OrdersModule {}
`;

describe('an import', () => {
  it.each([
    ['first among packages', { name: 'A', from: '@mikro-orm/core' }, 0],
    ['before what is nearer', { name: 'A', from: '@nestjs/cqrs' }, 1],
    ['after the kernel', { name: 'A', from: '#modules/billing/contract/paid' }, 2],
    ['among files, by name', { name: 'A', from: './contract/order-placed.js' }, 2],
    ['last', { name: 'A', from: './use-cases/place.js' }, 3],
  ])('stands %s', (_where, wanted, line) => {
    expect(withImports(MODULE, wanted).split('\n')[line]).toBe(`import { A } from '${wanted.from}';`);
  });

  it('joins those from the same place, and is not made twice', () => {
    const once = withImports(MODULE, { name: 'Injectable', from: '@nestjs/common' });
    expect(once).toContain("import { Module, Injectable } from '@nestjs/common';");
    expect(withImports(once, { name: 'Injectable', from: '@nestjs/common' })).toBe(once);
  });

  it('of a type says so once', () => {
    const types = "import type { Page } from '#kernel/http/pagination';\n";
    const wanted = { name: 'Cursor', from: '#kernel/http/pagination', type: true };
    expect(withImports(types, wanted)).toBe("import type { Page, Cursor } from '#kernel/http/pagination';\n");
    expect(withImports('', wanted)).toBe("import type { Cursor } from '#kernel/http/pagination';\n");
  });

  it('leaves alone what only looks like one', () => {
    const text = "// import { Handle } from './x.js';\nconst a = `import { B } from './x.js'`;\n";
    expect(withImports(text, { name: 'B', from: './x.js' })).toBe(`import { B } from './x.js';\n${text}`);
  });
});

describe('a list', () => {
  it('gets one more, once', () => {
    const once = withListed(MODULE, 'providers', 'Second');
    expect(once).toContain('providers: [First, Second],');
    expect(withListed(once, 'providers', 'Second')).toBe(once);
  });

  it('of one line each stays so', () => {
    const long = MODULE.replace('[First]', '[\n    First,\n  ]');
    expect(withListed(long, 'providers', 'Second')).toContain('[\n    First,\n    Second,\n  ]');
  });

  it('is made where there is none', () => {
    expect(withRegistered(MODULE, 'answers', 'Desk')).toContain('migrations: [], answers: [Desk] }');
    expect(withListed(MODULE, 'controllers', 'Orders')).toContain('providers: [First],\n  controllers: [Orders],\n})');
  });

  it.each([
    ['a computed list', MODULE.replace('[First]', 'all()')],
    ['a list by another name', MODULE.replace('providers: [First]', 'providers')],
    ['no @Module', 'export class OrdersModule {}'],
    ['a @Module of a constant', MODULE.replace(/@Module\([\s\S]*?\)\nexport/, '@Module(contents)\nexport')],
  ])('is not guessed where there is %s', (_what, text) => {
    expect(() => withListed(text, 'providers', 'Second')).toThrow();
  });

  it('is not guessed where no bounded context is registered', () => {
    const without = MODULE.replace(/imports: .*\n/, 'imports: [],\n');
    expect(() => withRegistered(without, 'answers', 'Desk')).toThrow('BoundedContext.register');
  });
});

describe('a place in the topology', () => {
  it('is in the first app, in the layout that the file has', () => {
    const text = '{\n  "apps": {\n    "shop": { "modules": ["orders"] },\n    "back": { "modules": [] }\n  }\n}\n';
    expect(withPlaced(text, 'catalog')).toBe(text.replace('["orders"]', '["orders", "catalog"]'));
  });

  it('is in the gateway where one is named, and in an empty list too', () => {
    const text = '{ "gateway": "back", "apps": { "shop": { "modules": ["orders"] }, "back": { "modules": [] } } }';
    expect(withPlaced(text, 'catalog')).toBe(text.replace('[] }', '["catalog"] }'));
  });

  it.each([
    '',
    '[]',
    '{ "apps": {} }',
    '{ "apps": { "shop": {} } }',
    '{ "gateway": "x", "apps": { "shop": { "modules": [] } } }',
  ])('is not guessed in %s', (text) => {
    expect(() => withPlaced(text, 'catalog')).toThrow();
  });
});

describe('a class', () => {
  const SUBSCRIBER = `@Injectable()
export class OrdersSubscriber {
  private readonly queries = 1;

  constructor(private readonly bus: CommandBus) {}

  place() {}
}
`;

  it('keeps the name that something injected has, and gets another for what is taken', () => {
    expect(withInjected(SUBSCRIBER, { type: 'CommandBus', name: 'commands' })).toEqual({
      text: SUBSCRIBER,
      name: 'bus',
    });
    const { text, name } = withInjected(SUBSCRIBER, { type: 'QueryBus', name: 'queries' });
    expect(name).toBe('queriesBus');
    expect(text).toContain('constructor(private readonly bus: CommandBus, private readonly queriesBus: QueryBus) {}');
  });

  it('gets a constructor where it has none', () => {
    const { text } = withInjected('export class OrdersSubscriber {}\n', { type: 'CommandBus', name: 'commands' });
    expect(text).toContain('constructor(private readonly commands: CommandBus) {}');
    expect(whyUnsound(text)).toBeUndefined();
  });

  it('gets a method at its end, by a name that is free', () => {
    expect(freeMember(SUBSCRIBER, 'place', 'handlePlace')).toBe('handlePlace');
    expect(freeMember(SUBSCRIBER, 'bus', 'constructor', 'other')).toBe('other');
    expect(withMethod(SUBSCRIBER, '  cancel() {}\n')).toContain('  place() {}\n\n  cancel() {}\n}\n');
    expect(withMethod('class A {}', '  cancel() {}\n')).toContain('  cancel() {}\n}');
  });

  it('is the only one, or nothing is done', () => {
    expect(() => withMethod('class A {}\nclass B {}', '')).toThrow('exactly one class');
  });
});

describe('a source', () => {
  it.each([
    ['does not parse', 'export const = 1;'],
    ['imports a name twice', "import { A } from './a.js';\nimport { A } from './b.js';"],
    ['declares what it imports', "import { A } from './a.js';\nexport class A {}"],
  ])('is unsound when it %s', (_what, text) => {
    expect(whyUnsound(text)).toBeDefined();
  });

  it('is sound with decorators and attributes', () => {
    expect(whyUnsound(MODULE)).toBeUndefined();
  });
});
