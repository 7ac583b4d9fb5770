import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Certificate, certificate } from '#test/transports/certificates';
import { SettingsError } from './settings.js';
import { readSite } from './site.js';
import { wireFor } from './wire.js';

const TOPOLOGY = {
  transport: 'direct',
  apps: {
    front: { modules: ['till'], wire: '127.0.0.1:1' },
    back: { modules: ['books'], wire: '127.0.0.1:2', http: 'http://127.0.0.1:2' },
  },
};

describe('the certificates of the wire', () => {
  let folder: string;
  let ours: Certificate;
  let other: Certificate;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-wire-'));
    [ours, other] = [certificate(), certificate()];
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function wireWith(tls: Certificate): void {
    const file = (name: keyof Certificate) => {
      const path = join(folder, name);
      writeFileSync(path, tls[name]);
      return path;
    };
    const env = {
      SEAMLINE_SECRET: 'known to the apps of this test, and to nobody else',
      WIRE_TLS_CERT: file('cert'),
      WIRE_TLS_KEY: file('key'),
      WIRE_TLS_CA: file('ca'),
    };
    const site = readSite(env, { app: 'front', topology: TOPOLOGY });
    wireFor(site.app, site.placementOf(['till', 'books']), site.settings);
  }

  const refusal = (tls: Certificate) => {
    try {
      wireWith(tls);
      return undefined;
    } catch (error) {
      expect(error).toBeInstanceOf(SettingsError);
      return (error as SettingsError).wrong;
    }
  };

  it('are refused at the start where no connection could be made with them', () => {
    expect(refusal(ours)).toBeUndefined();
    expect(refusal({ ...ours, ca: 'none' })).toEqual([
      expect.stringMatching(/^WIRE_TLS_CA must be .*certificate in PEM/),
    ]);
    for (const wrong of [{ key: other.key }, { key: 'none' }, { cert: 'none' }])
      expect(refusal({ ...ours, ...wrong })).toEqual([
        expect.stringMatching(/^WIRE_TLS_CERT and WIRE_TLS_KEY must be/),
      ]);
  });
});
