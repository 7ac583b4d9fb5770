import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN, shopAt } from '../shop.js';
import { createEmptyDatabase, type EmptyDatabase } from '../test-database.js';
import { freePort } from '../transports/ports.js';
import { waitUntil } from '../until.js';
import { modulesFingerprint } from './modules-fingerprint.js';
import { appsOf, lives, type Running, run, seamline } from './seamline.js';
import { ALL_BUT_INVENTORY, MODULES, sell } from './sell.js';

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
  let folder: string;
  const running = new Set<Running>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-topology-'));
    chmodSync(folder, 0o755);
  });
  afterAll(async () => {
    for (const { child } of running) child.kill('SIGINT');
    await Promise.all([...running].map(({ ended }) => ended));
    rmSync(folder, { recursive: true, force: true });
  }, LONG);

  function start(args: readonly string[], env: Record<string, string>): Running {
    const started = args[0] === 'start' ? seamline(args, env) : run(args, env);
    running.add(started);
    void started.ended.then(() => running.delete(started));
    return started;
  }

  function written(name: string, topology: unknown): string {
    const file = join(folder, `${name}.json`);
    writeFileSync(file, typeof topology === 'string' ? topology : JSON.stringify(topology));
    return file;
  }

  const env = (home: string, more: Record<string, string> = {}) => ({
    SEAMLINE_HOME: join(folder, home),
    PORT: '0',
    SEAMLINE_ADMIN_EMAIL: ADMIN.email,
    SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
    ...more,
  });

  async function stop({ child, ended }: Running): Promise<number> {
    child.kill('SIGINT');
    return ended;
  }

  describe('is all that changes when modules move:', () => {
    let modules: string;
    beforeAll(() => {
      modules = modulesFingerprint();
    });

    it.each(Object.entries(TOPOLOGIES))(
      'the same modules sell from %s',
      async (name, topology) => {
        const database = await createEmptyDatabase();
        const file = written(name, topology);
        const PORT = String(await freePort());
        const system = start(['start', '--topology', file], env(name, { DATABASE_URL: database.databaseUrl, PORT }));
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

  describe('of two apps, one of them twice, with a database of its own', () => {
    let file: string;
    let system: Running;
    let url: string;

    beforeAll(async () => {
      file = written('two', TOPOLOGIES['two apps, one of them twice']);
      system = start(['start', '--topology', file], env('two'));
      url = (await system.says(/^Seamline is ready on (\S+)/m))[1] as string;
    }, LONG);

    const apps = () => appsOf(system.child.pid as number);

    it('says of each when it is ready, and at last where the public enters', () => {
      for (const app of ['monolith', 'inventory.1', 'inventory.2'])
        expect(system.printed()).toMatch(new RegExp(`^${app} is ready on http://localhost:\\d+$`, 'm'));
      expect(system.printed()).toContain(`monolith is ready on ${url}\n`);
      expect(system.printed()).toMatch(/^inventory\.[12] \| Created the schemas inventory\.$/m);
      expect(apps().size).toBe(3);
    });

    it('keeps a secret that only its user may read', () => {
      const secret = join(folder, 'two', 'apps.secret');
      expect(statSync(secret).mode & 0o777).toBe(0o600);
      expect(readFileSync(secret, 'utf8').trim().length).toBeGreaterThanOrEqual(32);
      expect(system.printed()).not.toContain(readFileSync(secret, 'utf8').trim());
    });

    it(
      'starts an app again that dies, and goes on selling by its other instance meanwhile',
      async () => {
        const before = apps();
        process.kill(before.get('inventory.2') as number, 'SIGKILL');
        await system.says(/^inventory\.2 \| It has ended \(SIGKILL\); starting it again in 0\.25 s\.$/m);
        await sell(url, system);
        await system.says(/^inventory\.2 \| It is ready again on http/m);
        await sell(url, system);
        expect(apps().get('inventory.2')).not.toBe(before.get('inventory.2'));
        expect(apps().get('inventory.1')).toBe(before.get('inventory.1'));
      },
      LONG,
    );

    it(
      'leaves no app behind when it is killed, and starts again on what it left of the database',
      async () => {
        const pids = [...apps().values()];
        expect(pids).toHaveLength(3);
        system.child.kill('SIGKILL');
        await system.ended;
        await waitUntil(async () => !pids.some(lives), 30_000, 'all apps are gone');
        system = start(['start', '--topology', file], env('two'));
        url = (await system.says(/^Seamline is ready on (\S+)/m))[1] as string;
        expect(system.printed()).toContain('It was still running after an earlier start that was killed');
      },
      LONG,
    );

    it('ends everything within seconds on Ctrl-C, a frozen app too, and takes one press for one', async () => {
      const pids = [...apps().values()];
      const postmaster = Number(readFileSync(join(folder, 'two', 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
      // One that is frozen cannot end by itself.
      process.kill(apps().get('inventory.2') as number, 'SIGSTOP');
      const asked = performance.now();
      system.child.kill('SIGINT');
      system.child.kill('SIGINT');
      expect(await system.ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
      await waitUntil(async () => ![...pids, postmaster].some(lives), 5_000, 'nothing is left running');
    });

    it(
      'ends at once when it is asked twice',
      async () => {
        await stop(system);
        system = start(['start', '--topology', file], env('two'));
        await system.says(/^Seamline is ready on/m);
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
      },
      LONG,
    );
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
      common = env('by-hand', {
        DATABASE_URL: database.databaseUrl,
        SEAMLINE_TOPOLOGY: written('by-hand', topology),
        SEAMLINE_SECRET: 'known to both apps, and to nobody else',
        LOG_LEVEL: 'info',
      });
    }, LONG);
    afterAll(() => database.drop());

    it(
      'wait for each other, in whichever order they come',
      async () => {
        const [first, second] = ports as [(typeof ports)[0], (typeof ports)[0]];
        const monolith = start(['dist/apps/monolith/main.js'], { ...common, PORT: `${first.http}` });
        await monolith.says(/^monolith is ready on/m);
        const url = `http://localhost:${first.http}`;
        const shop = await shopAt(url);
        await shop.product({ price: '1' });
        await monolith.says(new RegExp(`inventory has not taken .* which wait .*127\\.0\\.0\\.1:${second.wire}`));

        const inventory = start(['start'], { ...common, SEAMLINE_APP: 'inventory', PORT: `${second.http}` });
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

  describe('is refused in a sentence, before anything is started:', () => {
    const two = {
      transport: 'direct',
      apps: { shop: { modules: ALL_BUT_INVENTORY }, stock: { modules: ['inventory'] } },
    };
    const refused = async (args: string[], more: Record<string, string> = {}) => {
      const system = start(args, env('refused', more));
      expect(await system.ended).toBe(1);
      expect(system.printed()).not.toMatch(/\n {4}at |Starting/);
      return system.printed();
    };

    it('of a file that is none', async () => {
      expect(await refused(['start', '--topology', join(folder, 'none.json')])).toMatch(
        /none\.json cannot be read: ENOENT.*\n.*Correct the topology/s,
      );
      expect(await refused(['start', '--topology', written('broken', '{')])).toContain('broken.json cannot be read');
    });

    it('with a broker whose address nobody has set, and a setting that is wrong', async () => {
      const file = written('broker', { ...two, transport: 'rabbitmq' });
      expect(await refused(['start', '--topology', file], { LOG_LEVEL: 'loud' })).toBe(
        [
          '2 settings are wrong:',
          '  LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, trace, silent',
          '  AMQP_URL must be set, because the topology has messages reach shop, stock by rabbitmq',
          'Correct the environment (an empty value counts as not set) and start again.\n',
        ].join('\n'),
      );
    });

    it('as one app without the secret of all, or of another name', async () => {
      const addresses = { SHOP_WIRE: '127.0.0.1:1', STOCK_WIRE: '127.0.0.1:2', STOCK_HTTP: 'http://127.0.0.1:3' };
      const all = { SEAMLINE_TOPOLOGY: written('secret', two), ...addresses };
      const nowhere = { SEAMLINE_TOPOLOGY: written('secret', two) };
      expect(await refused(['start'], nowhere)).toMatch(/apps\.shop lacks "wire".*"seamline start --topology FILE"/s);
      expect(await refused(['start'], all)).toMatch(
        /SEAMLINE_SECRET must be set, because there are 2 apps \(shop, stock\)/,
      );
      expect(await refused(['start'], { ...all, SEAMLINE_APP: 'till' })).toContain(
        'SEAMLINE_APP is "till", but must be an app of the topology, which has shop, stock',
      );
    });
  });

  it(
    'is refused by the app that finds a module missing, and then nothing is left running',
    async () => {
      const database = await createEmptyDatabase();
      const apps = { shop: { modules: ['identity'] }, stock: { modules: ['inventory'] } };
      const file = written('missing', { transport: 'direct', apps });
      const system = start(['start', '--topology', file], env('missing', { DATABASE_URL: database.databaseUrl }));
      expect(await system.ended).toBe(1);
      expect(system.printed()).toMatch(/(shop|stock) cannot start\. The topology does not fit the system:/);
      expect(system.printed()).toContain('Module "catalog" stands in no app.');
      await database.drop();
    },
    LONG,
  );
});
