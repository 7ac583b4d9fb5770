import { describe, expect, it } from '@jest/globals';
import { parseTopology } from '#kernel/topology/topology';
import type { ContractFound } from '../system/read-contracts.js';
import type { HandlerFound, HandlerKind } from '../system/read-handlers.js';
import { type Sources, systemOf, wayBetween, withFindings } from './system.js';

const contract = (kind: ContractFound['kind'], name: string): ContractFound => {
  const [owner = '', exportName = ''] = name.split('.');
  const file = `src/modules/${owner}/contract/${exportName}.ts`;
  const key = kind === 'query' ? {} : { key: 'id' };
  return { module: owner, file, exportName, line: 1, kind, name, owner, ...key, meaning: '', untold: [] };
};
const does = (module: string, kind: HandlerKind, { module: owner, file, exportName }: ContractFound): HandlerFound => {
  return { module, file: `src/modules/${module}/it.ts`, line: 1, kind, contract: { module: owner, file, exportName } };
};

const pay = contract('command', 'billing.pay.v1');
const paid = contract('event', 'billing.paid.v1');
const owed = contract('query', 'billing.owed.v1');
const SOURCES: Sources = {
  name: 'shop',
  modules: ['shipping', 'orders', 'billing'].map((name) => ({
    name,
    schema: name,
    purpose: '',
    dependsOn: ['z', 'a'],
  })),
  topology: parseTopology({
    transport: 'nats',
    apps: {
      monolith: { modules: ['orders', 'shipping'] },
      money: { modules: ['billing'], transport: 'bullmq', instances: 2 },
    },
  }),
  contracts: [pay, paid, owed],
  handlers: [
    does('orders', 'send', pay),
    does('orders', 'send', pay),
    does('billing', 'handle', pay),
    does('shipping', 'subscribe', paid),
    does('orders', 'saga', paid),
    does('orders', 'ask', owed),
    does('billing', 'answer', owed),
  ],
};

describe('the drawn system', () => {
  const system = systemOf(SOURCES);
  const message = (name: string) => system.messages.find((each) => each.name === name);

  it('leads each message from who sends it to who takes it, each once', () => {
    expect(message('billing.pay.v1')).toMatchObject({ kind: 'command', key: 'id', from: ['orders'], to: ['billing'] });
    expect(message('billing.paid.v1')).toMatchObject({ from: ['billing'], to: ['orders', 'shipping'] });
    expect(message('billing.owed.v1')).toMatchObject({ kind: 'query', from: ['orders'], to: ['billing'] });
    expect(message('billing.owed.v1')).not.toHaveProperty('key');
  });

  it('places modules in apps, all in order', () => {
    expect(system.modules.map(({ name, app }) => [name, app])).toEqual([
      ['billing', 'money'],
      ['orders', 'monolith'],
      ['shipping', 'monolith'],
    ]);
    expect(system.modules[0]?.dependsOn).toEqual(['a', 'z']);
    expect(system.apps).toEqual([
      { name: 'monolith', gateway: true, transport: 'nats', instances: 1, modules: ['orders', 'shipping'] },
      { name: 'money', gateway: false, transport: 'bullmq', instances: 2, modules: ['billing'] },
    ]);
  });

  it('says how messages get from app to app: by the transport of the one that takes them, queries by wire', () => {
    expect(wayBetween(system, 'command', 'orders', 'billing')).toBe('bullmq');
    expect(wayBetween(system, 'event', 'billing', 'orders')).toBe('nats');
    expect(wayBetween(system, 'query', 'orders', 'billing')).toBe('wire');
    expect(wayBetween(system, 'event', 'orders', 'shipping')).toBeUndefined();
  });

  it('has no apps where there is no topology', () => {
    const { apps, modules } = systemOf({ ...SOURCES, topology: undefined });
    expect(apps).toEqual([]);
    expect(modules.map(({ app }) => app)).toEqual([undefined, undefined, undefined]);
  });

  it('takes up what breaks its walls', () => {
    const file = 'src/modules/orders/place-order.ts';
    const subject = 'src/modules/billing/domain/payment.ts';
    const breach = {
      rule: 'only-a-modules-contract',
      file,
      line: 4,
      what: 'imports it',
      subject,
      why: 'W.',
      mend: 'M.',
    };
    expect(withFindings(system, { walls: ['imports'], breaches: [breach] })).toMatchObject({
      walls: ['imports'],
      violations: [{ ...breach, modules: ['orders'], reaches: [{ from: 'orders', to: 'billing' }] }],
    });
  });
});
