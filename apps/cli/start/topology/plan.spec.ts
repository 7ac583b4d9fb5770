import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Plan, planTopology } from './plan.js';

const REST = ['identity', 'catalog', 'orders', 'billing', 'shipping'];

describe('the plan of a topology', () => {
  let folder: string;
  let plan: Plan;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-plan-'));
    const file = join(folder, 'topology.json');
    const apps = { 'shop-front': { modules: REST, instances: 2 }, stock: { modules: ['inventory'], instances: 3 } };
    writeFileSync(file, JSON.stringify({ transport: 'direct', apps }));
    plan = await planTopology({ HOST: '0.0.0.0', PORT: '3100' }, file);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const instancesOf = (name: string) => plan.processes.filter(({ app }) => app === name);

  it('has the public enter at the first instance of the gateway, where it was told to', () => {
    expect(plan.processes.filter(({ isFront }) => isFront)).toEqual([
      expect.objectContaining({ label: 'shop-front.1', http: { host: '0.0.0.0', port: 3100 } }),
    ]);
  });

  it('tells every app where each instance of the others is, for HTTP too', () => {
    const http = (app: string) =>
      instancesOf(app)
        .map((each) => `http://127.0.0.1:${each.http.port}`)
        .join(',');
    const wire = (app: string) =>
      instancesOf(app)
        .map(({ wirePort }) => `127.0.0.1:${wirePort}`)
        .join(',');
    expect(instancesOf('stock').map(({ label }) => label)).toEqual(['stock.1', 'stock.2', 'stock.3']);
    expect(plan.addresses).toEqual({
      SHOP_FRONT_HTTP: http('shop-front'),
      SHOP_FRONT_WIRE: wire('shop-front'),
      STOCK_HTTP: http('stock'),
      STOCK_WIRE: wire('stock'),
    });
  });
});
