import { describe, expect, it } from '@jest/globals';
import { asJson } from './as-json.js';
import { aMessage, aModule, aSystem } from './testing/a-system.js';

const SHOP = aSystem([aModule('billing', { schema: undefined, app: undefined, purpose: 'Takes the money.' })], {
  messages: [
    aMessage('billing.paid.v1', { from: ['billing'], meaning: 'It is paid.' }),
    aMessage('billing.owed.v1', { kind: 'query', key: undefined as never, to: ['billing'] }),
  ],
  walls: ['imports'],
  violations: [
    {
      rule: 'a-rule',
      file: 'src/modules/billing/a.ts',
      what: 'imports it',
      subject: 'it',
      why: 'So.',
      mend: 'Do not.',
      modules: ['billing'],
      reaches: [{ from: 'billing', to: 'billing' }],
      messages: [],
    },
  ],
});

describe('the system as JSON', () => {
  it('has every property in its place, with null for what there is not', () => {
    const file = 'src/modules/billing/contract/it.ts';
    expect(JSON.parse(asJson(SHOP))).toEqual({
      version: 1,
      name: 'shop',
      apps: [{ name: 'monolith', gateway: true, transport: 'in-process', instances: 1, modules: [] }],
      modules: [{ name: 'billing', schema: null, app: null, purpose: 'Takes the money.', dependsOn: [] }],
      messages: [
        {
          name: 'billing.paid.v1',
          kind: 'event',
          owner: 'billing',
          key: 'id',
          meaning: 'It is paid.',
          file,
          from: ['billing'],
          to: [],
        },
        {
          name: 'billing.owed.v1',
          kind: 'query',
          owner: 'billing',
          key: null,
          meaning: '',
          file,
          from: [],
          to: ['billing'],
        },
      ],
      walls: ['imports'],
      violations: [
        {
          rule: 'a-rule',
          file: 'src/modules/billing/a.ts',
          line: null,
          what: 'imports it',
          why: 'So.',
          mend: 'Do not.',
          modules: ['billing'],
          reaches: [{ from: 'billing', to: 'billing' }],
          messages: [],
        },
      ],
    });
  });
});
