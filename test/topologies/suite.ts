import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { shopAt } from '../shop.js';
import { theShop } from '../shop-suite.js';
import { waitUntil } from '../until.js';
import { modulesFingerprint } from './modules-fingerprint.js';
import { OrderFile } from './replay.js';
import type { Running } from './seamline.js';
import type { System } from './system.js';

const LONG = 600_000;
const STARTS_WITHIN = 240_000;
/** Orders begun per second where processes die meanwhile, so that it is not over before they all have. */
const PACE = '5';
const BETWEEN_KILLS = 800;
const LOGS = '.cache/topologies';

/**
 * All that is promised of the shop from outside, and that whatever dies of it takes nothing with it. It is the same
 * wherever the modules live, and cannot tell.
 */
export function suite(name: string, start: () => Promise<System>): void {
  let starting: Promise<System> | undefined;
  const started = () => {
    starting ??= start();
    return starting;
  };
  let modules: string;
  beforeAll(() => {
    modules = modulesFingerprint();
  });

  describe('start', () => {
    it('is ready', async () => expect((await started()).processes().size).toBeGreaterThan(0), STARTS_WITHIN);
  });

  describe('shop', () =>
    theShop(async () => {
      const { url } = await started();
      return { ...(await shopAt(url)), close: async () => undefined };
    }));

  describe('replay', () => {
    it(
      'reconciles to the penny, and a second time nothing happens twice',
      () =>
        withOrders(0, 120, async (orders) => {
          const { url } = await started();
          await reconciles(orders.replayAt(url));
          await reconciles(orders.replayAt(url));
        }),
      LONG,
    );
  });

  describe('kill -9', () => {
    it(
      'of each process in turn, in mid-replay, loses nothing and doubles nothing',
      () =>
        withOrders(600, 1200, async (orders) => {
          const system = await started();
          const { url } = system;
          const before = system.processes();
          const replay = orders.replayAt(url, '--rate', PACE);
          await replay.says(/^stock \d+\/\d+ in/m, LONG);
          for (const [app, pid] of before) {
            expect({ app, replay: replay.child.exitCode }).toEqual({ app, replay: null });
            process.kill(pid, 'SIGKILL');
            await sleep(BETWEEN_KILLS);
          }
          await reconciles(replay);
          await waitUntil(async () => system.processes().size === before.size, STARTS_WITHIN, 'all run again');
          expect([...system.processes().values()].filter((pid) => [...before.values()].includes(pid))).toEqual([]);
          await reconciles(orders.replayAt(url));
        }),
      LONG,
    );
  });

  describe('end', () => {
    it(
      'comes in good order, with the same modules as in every other topology',
      async () => {
        const system = await started();
        const codes = await system.stop();
        keepLog(name, system);
        expect({ codes, said: system.printed() }).toMatchObject({ codes: codes.map(() => 0) });
        expect(modulesFingerprint()).toBe(modules);
        starting = undefined;
      },
      LONG,
    );
  });

  afterAll(async () => {
    const system = await starting?.catch(() => undefined);
    if (!system) return;
    keepLog(name, system);
    await system.stop();
  }, LONG);
}

export async function withOrders(from: number, to: number, work: (orders: OrderFile) => Promise<void>): Promise<void> {
  const orders = new OrderFile(from, to);
  try {
    await work(orders);
  } finally {
    orders.remove();
  }
}

export async function reconciles(replay: Running): Promise<void> {
  const code = await replay.ended;
  expect({ code, said: replay.printed() }).toEqual({ code: 0, said: expect.stringContaining('Everything reconciles') });
}

function keepLog(name: string, system: System): void {
  mkdirSync(LOGS, { recursive: true });
  writeFileSync(join(LOGS, `${name.replaceAll(/\W+/g, '-')}.log`), system.printed());
}
