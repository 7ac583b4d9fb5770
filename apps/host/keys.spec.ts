import { describe, expect, it } from '@jest/globals';
import { TopologyError } from '#kernel/topology/topology';
import { keysFor } from './keys.js';
import { readSite } from './site.js';

describe('the keys that verify tokens', () => {
  const own = () => 'http://localhost:3000';

  function keysOf(app: string, http: string | string[] | undefined, env: Record<string, string> = {}): string[] {
    const topology = {
      transport: 'direct',
      gateway: 'people',
      apps: {
        people: { modules: ['identity'], wire: '127.0.0.1:1', ...(http !== undefined && { http }) },
        stock: { modules: ['inventory'], wire: '127.0.0.1:2', http: 'http://127.0.0.1:2' },
      },
    };
    const secret = { SEAMLINE_SECRET: 'known to the apps of this test, and to nobody else' };
    const site = readSite({ ...secret, ...env }, { app, topology });
    return keysFor(site.app, site.placementOf(['identity', 'inventory']), site.settings, own)();
  }

  it('are those of the app that holds identity, wherever it is, behind a path too', () => {
    expect(keysOf('people', undefined)).toEqual(['http://localhost:3000/.well-known/jwks.json']);
    expect(keysOf('stock', 'http://people:3000')).toEqual(['http://people:3000/.well-known/jwks.json']);
    expect(keysOf('stock', ['http://people:3000/', 'https://inside/people/'])).toEqual([
      'http://people:3000/.well-known/jwks.json',
      'https://inside/people/.well-known/jwks.json',
    ]);
  });

  it('are where the settings say, and nowhere where nobody says', () => {
    const elsewhere = 'https://keys.example/jwks';
    expect(keysOf('stock', 'http://people:3000', { IDENTITY_JWKS_URL: elsewhere })).toEqual([elsewhere]);
    expect(() => keysOf('stock', undefined)).toThrow(TopologyError);
  });
});
