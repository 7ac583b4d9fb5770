import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OrderView, type ShopFront, shopAt } from '../shop.js';
import { type Certificate, certificate } from '../transports/certificates.js';
import { waitUntil } from '../until.js';
import { type LooseSystem, startApart } from './system.js';
import { TOPOLOGIES } from './topologies.js';

const LONG = 60_000;
const FILES = { WIRE_TLS_CERT: 'cert', WIRE_TLS_KEY: 'key', WIRE_TLS_CA: 'ca' } as const;

describe('apps with certificates in their settings', () => {
  const ours = certificate();
  let folder: string;
  let system: LooseSystem;
  let shop: ShopFront;
  let alice: { token: string };
  let sku: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-wire-tls-'));
    system = await startApart(TOPOLOGIES['inventory out, direct'], settingsWith(ours));
    shop = await shopAt(system.url);
    alice = await shop.customer();
    sku = await shop.product({ price: '2', stock: 10 });
  }, LONG);
  afterAll(async () => {
    await system?.stop();
    rmSync(folder, { recursive: true });
  }, LONG);

  /** The files are read when an app starts. */
  function settingsWith(tls: Certificate): Record<string, string> {
    const settings = Object.entries(FILES).map(([name, part]) => {
      const file = join(folder, `${part}.pem`);
      writeFileSync(file, tls[part]);
      return [name, file];
    });
    return Object.fromEntries(settings);
  }

  const place = async () => {
    const body = { lines: [{ sku, quantity: 1 }], payment: { token: 'tok_ok' } };
    return (await shop.request<OrderView & { expected: string }>('POST', '/orders', { token: alice.token, body })).body;
  };

  it('ask each other, and send each other messages', async () => {
    // The first question may find the other app a moment too late.
    let order = await place();
    await waitUntil(
      async () => {
        order = await place();
        return order.expected === 'available';
      },
      10_000,
      'inventory is asked',
    );
    expect(await shop.settled(order.id)).toMatchObject({ status: 'confirmed' });
  });

  it(
    'have nothing to do with one whose certificate is of another authority, and say so',
    async () => {
      await system.kill('inventory');
      settingsWith(certificate());
      await system.start('inventory');
      const order = await place();
      expect(order).toMatchObject({ status: 'placed', expected: 'unknown' });
      await waitUntil(
        async () => /inventory cannot be reached at \S+ its certificate is not accepted here/.test(system.printed()),
        15_000,
        'it is said',
      );
      expect(system.printed()).toContain('every app needs one of the authority in WIRE_TLS_CA');

      await system.kill('inventory');
      settingsWith(ours);
      await system.start('inventory');
      expect(await shop.settled(order.id)).toMatchObject({ status: 'confirmed' });
    },
    LONG,
  );
});
