import { describe, expect, it } from '@jest/globals';
import { concernOf } from './concern.js';

const KNOWN = {
  modules: ['order', 'orders', 'billing'],
  messages: [
    { name: 'billing.paid.v1', owner: 'billing' },
    { name: 'billing.paid.v10', owner: 'billing' },
  ],
};

const concern = (file: string, what: string, subject = '') => concernOf({ rule: 'a-rule', file, what, subject }, KNOWN);

describe('what a violation concerns', () => {
  it('is the module whose file it is, and those whose files it names', () => {
    expect(
      concern(
        'src/modules/orders/a.ts',
        'imports #modules/billing/domain/payment (src/modules/billing/domain/payment.ts)',
      ),
    ).toEqual({ modules: ['orders'], reaches: [{ from: 'orders', to: 'billing' }], messages: [] });
  });

  it('is not a module that is called nearly the same, nor itself', () => {
    expect(concern('src/modules/orders/a.ts', 'imports #modules/orders-old/x', 'src/modules/orders/b.ts')).toEqual({
      modules: ['orders'],
      reaches: [],
      messages: [],
    });
    expect(concern('src/modules/order/a.ts', 'imports #modules/orders/domain/x').reaches).toEqual([
      { from: 'order', to: 'orders' },
    ]);
  });

  it('is each step of a circle', () => {
    expect(concern('src/modules/billing/module.json', 'billing → orders → billing')).toMatchObject({
      modules: ['billing', 'orders'],
      reaches: [
        { from: 'billing', to: 'orders' },
        { from: 'orders', to: 'billing' },
      ],
    });
  });

  it('is the module that it is about, where the file belongs to none', () => {
    expect(concern('topology.json', 'places orders nowhere', 'orders')).toMatchObject({
      modules: ['orders'],
      reaches: [],
    });
    expect(concern('apps/cli/a.ts', 'imports src/modules/orders/domain/x.ts')).toEqual({
      modules: [],
      reaches: [],
      messages: [],
    });
  });

  it('is a message that it names as a whole, and its owner', () => {
    expect(concern('src/modules/orders/orders.subscriber.ts', 'subscribes to billing.paid.v10')).toEqual({
      modules: ['orders'],
      reaches: [{ from: 'orders', to: 'billing' }],
      messages: ['billing.paid.v10'],
    });
    expect(concern('src/modules/orders/a.ts', 're-billing.paid.v1 and then billing.paid.v1').messages).toEqual([
      'billing.paid.v1',
    ]);
    expect(concern('src/modules/orders/a.ts', 'pre-billing.paid.v1').messages).toEqual([]);
  });
});
