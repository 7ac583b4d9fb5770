import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { shopAt } from '../shop.js';
import { createEmptyDatabase, type EmptyDatabase } from '../test-database.js';
import { freePort } from '../transports/ports.js';
import { waitUntil } from '../until.js';
import { modulesFingerprint } from './modules-fingerprint.js';
import { appsOf, lives, type Running, seamline } from './seamline.js';
import { ALL_BUT_INVENTORY, MODULES, sell } from './sell.js';
import { StartedSystems, stop } from './started-systems.js';

const TOPOLOGIES = {
  'one app, twice': { transport: 'in-process', apps: { monolith: { modules: MODULES, instances: 2 } } },
  'two apps, one of them twice': {
    transport: 'direct',
    apps: { monolith: { modules: ALL_BUT_INVENTORY }, inventory: { modules: ['inventory'], instances: 2 } },
  },
  'an app for each module behind a gateway': {
    transport: 'direct',
    gateway: 'front',
    apps: { front: { modules: [] }, ...Object.fromEntries(MODULES.map((module) => [module, { modules: [module] }])) },
  },
};

const LONG = 300_000;

describe('a topology', () => {
  let systems: StartedSystems;

  beforeAll(() => {
    systems = new StartedSystems();
  });
  afterAll(() => systems.end(), LONG);

  describe('is all that changes when modules move:', () => {
    let modules: string;
    beforeAll(() => {
      modules = modulesFingerprint();
    });

    it.each(Object.entries(TOPOLOGIES))(
      'the same modules sell from %s',
      async (name, topology) => {
        const database = await createEmptyDatabase();
        const file = systems.written(name, topology);
        const PORT = String(await freePort());
        const env = systems.env(name, { DATABASE_URL: database.databaseUrl, PORT });
        const system = systems.start(['start', '--topology', file], env);
        const [, url] = await system.says(/^Seamline is ready on (\S+)/m);
        expect(url).toBe(`http://localhost:${PORT}`);
        await sell(url as string, system);
        expect(await stop(system)).toBe(0);
        await database.drop();
        expect(modulesFingerprint()).toBe(modules);
      },
      LONG,
    );
  });

  describe('with a database of its own', () => {
    let file: string;
    let system: Running;

    const apps = () => appsOf(system.child.pid as number);
    const start = async () => {
      system = systems.start(['start', '--topology', file], systems.env('two'));
      await system.says(/^Seamline is ready on/m);
    };

    beforeAll(async () => {
      file = systems.written('two', TOPOLOGIES['two apps, one of them twice']);
      await start();
    }, LONG);

    it(
      'leaves no app behind when it is killed, and starts again on what it left of the database',
      async () => {
        const pids = [...apps().values()];
        expect(pids).toHaveLength(3);
        system.child.kill('SIGKILL');
        await system.ended;
        await waitUntil(async () => !pids.some(lives), 30_000, 'all apps are gone');
        await start();
        expect(system.printed()).toContain('It was still running after an earlier start that was killed');
      },
      LONG,
    );

    it('ends at once when it is asked twice', async () => {
      const pids = [...apps().values()];
      // A frozen app would hold up a patient end.
      process.kill(pids[0] as number, 'SIGSTOP');
      system.child.kill('SIGINT');
      await system.says(/^Stopping …$/m);
      await new Promise((later) => setTimeout(later, 500));
      const hurried = performance.now();
      system.child.kill('SIGINT');
      expect(await system.ended).toBe(130);
      // It would wait for the frozen one a second longer at least.
      expect(performance.now() - hurried).toBeLessThan(2_500);
      await waitUntil(async () => !pids.some(lives), 5_000, 'nothing is left running');
    });
  });

  describe('whose apps are started one by one', () => {
    let database: EmptyDatabase;
    let common: Record<string, string>;
    let ports: Record<'http' | 'wire', number>[];

    beforeAll(async () => {
      // Any command compiles what is stale, which a main of its own does not.
      await seamline(['--help'], {}).ended;
      database = await createEmptyDatabase();
      ports = [
        { http: await freePort(), wire: await freePort() },
        { http: await freePort(), wire: await freePort() },
      ];
      const [first, second] = ports.map(({ http, wire }) => ({
        http: `http://127.0.0.1:${http}`,
        wire: `127.0.0.1:${wire}`,
      }));
      const topology = {
        transport: 'direct',
        apps: {
          monolith: { modules: ALL_BUT_INVENTORY, ...first },
          inventory: { modules: ['inventory'], ...second },
        },
      };
      common = systems.env('by-hand', {
        DATABASE_URL: database.databaseUrl,
        SEAMLINE_TOPOLOGY: systems.written('by-hand', topology),
        SEAMLINE_SECRET: 'known to both apps, and to nobody else',
        LOG_LEVEL: 'info',
      });
    }, LONG);
    afterAll(() => database.drop());

    it(
      'wait for each other, in whichever order they come',
      async () => {
        const [first, second] = ports as [(typeof ports)[0], (typeof ports)[0]];
        const monolith = systems.start(['dist/apps/monolith/main.js'], { ...common, PORT: `${first.http}` });
        await monolith.says(/^monolith is ready on/m);
        const url = `http://localhost:${first.http}`;
        const shop = await shopAt(url);
        await shop.product({ price: '1' });
        await monolith.says(new RegExp(`inventory has not taken .* which wait .*127\\.0\\.0\\.1:${second.wire}`));

        const inventory = systems.start(['start'], { ...common, SEAMLINE_APP: 'inventory', PORT: `${second.http}` });
        await inventory.says(/^Seamline is ready on/m);
        await sell(url, monolith);
        await monolith.says(/inventory takes messages again/);
        expect(monolith.printed().match(/"catalog.relay".*inventory has not taken/g)).toHaveLength(1);
        expect(await stop(monolith)).toBe(0);
        expect(await stop(inventory)).toBe(0);
      },
      LONG,
    );
  });

  it(
    'ends when one of its apps cannot start, says which and why, and leaves nothing running',
    async () => {
      const file = systems.written('lost', TOPOLOGIES['two apps, one of them twice']);
      const env = systems.env('lost', { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/shop' });
      const system = systems.start(['start', '--topology', file], env);
      const pids = () => [...appsOf(system.child.pid as number).values()];
      await waitUntil(async () => pids().length === 3, LONG, 'all apps are being started');
      const begun = pids();
      expect(await system.ended).toBe(1);
      expect(system.printed()).toMatch(/^(monolith|inventory\.[12]) cannot start\. .*DATABASE_URL/m);
      expect(begun.filter(lives)).toEqual([]);
    },
    LONG,
  );
});
