import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { ADMIN, shopAt } from '../shop.js';
import { createEmptyDatabase } from '../test-database.js';
import { bullmq } from '../transports/bullmq.js';
import { nats } from '../transports/nats.js';
import { rabbitmq } from '../transports/rabbitmq.js';
import { seamline } from './seamline.js';
import { ALL_BUT_INVENTORY, sell } from './sell.js';

const BROKERS = [
  { broker: bullmq, setting: 'REDIS_URL' },
  { broker: rabbitmq, setting: 'AMQP_URL' },
  { broker: nats, setting: 'NATS_URL' },
];
const LONG = 300_000;
const SYSTEM = 'stall';

const asked = await Promise.all(BROKERS.map(async (each) => ({ ...each, missing: await each.broker.missing() })));

describe('the modules sell where one of them is reached', () => {
  for (const { broker, setting, missing } of asked) {
    if (missing === undefined)
      it(`by ${broker.name}, and answers from app to app`, () => sellBy(broker, setting), LONG);
    else it.skip(`by ${broker.name}, which cannot be tested here: ${missing}`, () => undefined);
  }
});

async function sellBy(broker: typeof nats, setting: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'seamline-broker-'));
  const [database, between] = await Promise.all([createEmptyDatabase(), broker.start()]);
  const { where } = between.elsewhere as { where: { url: string } };
  const topology = {
    transport: 'direct',
    system: SYSTEM,
    apps: {
      monolith: { modules: ALL_BUT_INVENTORY },
      inventory: { modules: ['inventory'], transport: broker.name, instances: 2 },
    },
  };
  writeFileSync(join(folder, 'topology.json'), JSON.stringify(topology));
  const system = seamline(['start', '--topology', join(folder, 'topology.json')], {
    SEAMLINE_HOME: folder,
    DATABASE_URL: database.databaseUrl,
    PORT: '0',
    SEAMLINE_ADMIN_EMAIL: ADMIN.email,
    SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
    [setting]: where.url,
  });
  try {
    const [, url] = await system.says(/^Seamline is ready on (\S+)/m);
    await sell(url as string, system);
    if (broker === bullmq) expect(await systemsAt(where.url)).toEqual([SYSTEM]);
    // What goes to it goes by the broker alone.
    await between.broker?.kill();
    await (await shopAt(url as string)).product({ price: '1' });
    await system.says(/inventory has not taken/);
  } finally {
    system.child.kill('SIGINT');
    expect(await system.ended).toBe(0);
    await between.stop();
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those that have queues there. */
async function systemsAt(url: string): Promise<string[]> {
  const redis = new Redis(url);
  const keys = await redis.keys('bull:*');
  await redis.quit();
  return [...new Set(keys.map((key) => key.slice('bull:'.length).split('.')[0] as string))];
}
