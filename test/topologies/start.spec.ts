import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freezeWhole } from '../transports/freeze.js';
import { freePort } from '../transports/ports.js';
import { waitUntil } from '../until.js';
import { appsOf, lives, type Running } from './seamline.js';
import { ALL_BUT_INVENTORY, MODULES, sell } from './sell.js';
import { StartedSystems } from './started-systems.js';

const LONG = 300_000;

describe('a topology', () => {
  let systems: StartedSystems;

  beforeAll(() => {
    systems = new StartedSystems();
  });
  afterAll(() => systems.end(), LONG);

  describe('of two apps, one of them twice, with a database of its own', () => {
    let PORT: string;
    let system: Running;
    let url: string;

    beforeAll(async () => {
      const file = systems.written('two', {
        transport: 'direct',
        apps: { monolith: { modules: ALL_BUT_INVENTORY }, inventory: { modules: ['inventory'], instances: 2 } },
      });
      PORT = String(await freePort());
      system = systems.start(['start', '--topology', file], systems.env('two', { PORT }));
      url = (await system.says(/^Seamline is ready on (\S+)/m))[1] as string;
    }, LONG);

    const apps = () => appsOf(system.child.pid as number);

    it('says of each when it is ready, and at last where the public enters', () => {
      for (const app of ['monolith', 'inventory.1', 'inventory.2'])
        expect(system.printed()).toMatch(new RegExp(`^${app} is ready on http://localhost:\\d+$`, 'm'));
      expect(url).toBe(`http://localhost:${PORT}`);
      expect(system.printed()).toContain(`monolith is ready on ${url}\n`);
      expect(system.printed()).toMatch(/^inventory\.[12] \| Created the schema inventory\.$/m);
      expect(apps().size).toBe(3);
    });

    it('keeps a secret that only its user may read', () => {
      const secret = join(systems.folder, 'two', 'apps.secret');
      expect(statSync(secret).mode & 0o777).toBe(0o600);
      expect(readFileSync(secret, 'utf8').trim().length).toBeGreaterThanOrEqual(32);
      expect(system.printed()).not.toContain(readFileSync(secret, 'utf8').trim());
    });

    it.each([
      ['inventory.1', 'inventory.2'],
      ['inventory.2', 'inventory.1'],
    ])(
      'starts %s again when it dies, and goes on selling by %s meanwhile',
      async (dying, living) => {
        const before = apps();
        process.kill(before.get(dying) as number, 'SIGKILL');
        await system.says(
          new RegExp(`^${dying} \\| It has ended \\(SIGKILL\\); starting it again in 0\\.25 s\\.$`, 'm'),
        );
        await sell(url, system);
        await system.says(new RegExp(`^${dying} \\| It is ready again on http`, 'm'));
        await sell(url, system);
        expect(apps().get(dying)).not.toBe(before.get(dying));
        expect(apps().get(living)).toBe(before.get(living));
      },
      LONG,
    );

    it(
      'answers by the other instance when one is frozen, and by both when that wakes up',
      async () => {
        const ask = async (method: string) => {
          const asked = performance.now();
          const { status, headers } = await fetch(
            `${url}/inventory/stock/nothing${method === 'POST' ? '/receipts' : ''}`,
            { method },
          );
          expect(performance.now() - asked).toBeLessThan(10_000);
          return `${status} ${headers.get('retry-after')}`;
        };
        // Nobody knows who asks.
        const answered = '401 null';
        const frozen = apps().get('inventory.2') as number;
        freezeWhole(frozen);
        const reads = await Promise.all(Array.from({ length: 8 }, () => ask('GET')));
        expect(new Set(reads)).toEqual(new Set([answered]));
        for (let n = 0; n < 8; n++) expect(await ask('POST')).toBe(answered);
        process.kill(frozen, 'SIGCONT');
        await sell(url, system);
      },
      LONG,
    );

    it('ends everything within seconds on Ctrl-C, a frozen app too, and takes one press for one', async () => {
      const pids = [...apps().values()];
      const server = join(systems.folder, 'two', 'postgres', 'postmaster.pid');
      const postmaster = Number(readFileSync(server, 'utf8').split('\n')[0]);
      // One that is frozen cannot end by itself.
      process.kill(apps().get('inventory.2') as number, 'SIGSTOP');
      const asked = performance.now();
      system.child.kill('SIGINT');
      system.child.kill('SIGINT');
      expect(await system.ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
      await waitUntil(async () => ![...pids, postmaster].some(lives), 5_000, 'nothing is left running');
    });
  });

  describe('is refused in a sentence, before anything is started:', () => {
    const two = {
      transport: 'direct',
      apps: { shop: { modules: ALL_BUT_INVENTORY }, stock: { modules: ['inventory'] } },
    };
    const refused = async (args: string[], more: Record<string, string> = {}) => {
      const system = systems.start(args, systems.env('refused', more));
      expect(await system.ended).toBe(1);
      expect(system.printed()).not.toMatch(/\n {4}at |Starting/);
      return system.printed();
    };

    it('of a file that is none', async () => {
      const other = 'or name another file by --topology or SEAMLINE_TOPOLOGY.';
      const none = join(systems.folder, 'none.json');
      expect(await refused(['start', '--topology', none])).toMatch(
        new RegExp(
          `^There is no topology in ${none}: ENOENT: no such file or directory.*\\. Put one there, ${other}\n$`,
        ),
      );
      const broken = systems.written('broken', '{');
      expect(await refused(['start', '--topology', broken])).toBe(
        `${broken} is no JSON: Expected property name or '}' on line 1. Correct it, ${other}\n`,
      );
    });

    it('with a module that is none, and without one that there is, whether all apps start or one', async () => {
      const topology = { transport: 'in-process', apps: { shop: { modules: [...ALL_BUT_INVENTORY, 'till'] } } };
      const file = systems.written('modules', topology);
      for (const args of [['start', '--topology', file], ['start']])
        expect(await refused(args, { SEAMLINE_TOPOLOGY: file })).toMatch(
          new RegExp(
            `^The topology does not fit the system:
  apps.shop names "till", which is no module; there are ${MODULES.toSorted().join(', ')}.
  Module "inventory" stands in no app.
Correct the topology: .*\n$`,
          ),
        );
    });

    it('with a broker whose address nobody has set, and a setting that is wrong', async () => {
      const file = systems.written('broker', { ...two, transport: 'rabbitmq' });
      expect(await refused(['start', '--topology', file], { LOG_LEVEL: 'loud' })).toBe(
        [
          '2 settings are wrong:',
          '  LOG_LEVEL is "loud", but must be one of fatal, error, warn, info, debug, trace, silent',
          '  AMQP_URL must be set, because the topology has messages reach shop, stock by rabbitmq',
          'Correct the environment (an empty value counts as not set) and start again.\n',
        ].join('\n'),
      );
    });

    it('with a broker whose address is none', async () => {
      const file = systems.written('address', { ...two, transport: 'nats' });
      expect(await refused(['start', '--topology', file], { NATS_URL: 'http://127.0.0.1:4222' })).toMatch(
        /^NATS_URL holds no NATS address\. Set NATS_URL to nats:/,
      );
    });

    it('as one app without the secret of all, or of another name', async () => {
      const addresses = { SHOP_WIRE: '127.0.0.1:1', STOCK_WIRE: '127.0.0.1:2', STOCK_HTTP: 'http://127.0.0.1:3' };
      const nowhere = { SEAMLINE_TOPOLOGY: systems.written('secret', two) };
      const all = { ...nowhere, ...addresses };
      expect(await refused(['start'], nowhere)).toMatch(/apps\.shop lacks "wire".*"seamline start --topology FILE"/s);
      expect(await refused(['start'], all)).toMatch(
        /SEAMLINE_SECRET must be set, because there are 2 apps \(shop, stock\)/,
      );
      expect(await refused(['start'], { ...all, SEAMLINE_APP: 'till' })).toContain(
        'SEAMLINE_APP is "till", but must be an app of the topology, which has shop, stock',
      );
    });
  });
});
