import { describe, expect, it } from '@jest/globals';
import { architecturePage } from './architecture-page.js';
import { meaningsIn, usesOfContracts } from './sources.js';
import { type DeclaredMessage, readSystem } from './system.js';

const message = (name: string, rest: Partial<DeclaredMessage>): DeclaredMessage => ({
  name,
  kind: 'event',
  owner: name.split('.')[0] ?? '',
  key: 'id',
  meaning: '',
  from: [],
  to: [],
  ...rest,
});

describe('the drawn architecture', () => {
  const page = architecturePage({
    modules: [
      { name: 'end', dependsOn: [] },
      { name: 'orders', dependsOn: ['end'] },
    ],
    messages: [
      message('end.close.v1', { kind: 'command', from: ['orders'], to: ['end'], meaning: 'Closes it.' }),
      message('end.closed.v1', { from: ['end'], to: ['orders'], meaning: 'It is closed | for good.' }),
      message('end.open.v2', { kind: 'command', from: ['orders'], to: ['end'] }),
      message('orders.placed.v1', { from: ['orders'], to: ['orders'] }),
      message('orders.lost.v1', { from: ['orders'] }),
    ],
  });

  it('shows each dependency', () => {
    expect(page).toContain('  m_end["end"]\n  m_orders["orders"]\n  m_orders --> m_end\n```');
  });

  it('shows one arrow for all messages of a kind between two modules, none from a module to itself', () => {
    const arrows = page.split('\n').filter((line) => /^ +m_.* (--|-\.) "/.test(line));
    expect(arrows).toEqual(['  m_end -. "closed.v1" .-> m_orders', '  m_orders -- "close.v1<br/>open.v2" --> m_end']);
  });

  it('lists every message with its meaning, and those that nobody receives', () => {
    expect(page).toContain('| `end.closed.v1` | event | end | orders | `id` | It is closed \\| for good. |');
    expect(page).toContain('| `orders.lost.v1` | event | orders | nobody | `id` |  |');
  });
});

describe('the sources of the drawing', () => {
  it('say what a message means in the comment right above it', () => {
    const source = `
      /** About the file. */
      import { z } from 'zod';
      /**
       * The goods
       * are on their way.
       */
      export const Shipped = 1;
      export const Silent = 2;
      /** Short. */
      export const Lost = 3;`;
    expect([...meaningsIn(source)]).toEqual([
      ['Shipped', 'The goods are on their way.'],
      ['Lost', 'Short.'],
    ]);
  });

  it('tell whose contracts they use, by alias or path, but not their own', () => {
    const source = `
      import { A } from '#modules/billing/contract/authorise';
      import { B } from "../../inventory/contract/reserve.js";
      import { C } from '../contract/order-placed.js';`;
    expect(usesOfContracts(source)).toEqual(['billing/authorise', 'inventory/reserve']);
  });

  it('give the system without booting it: senders, receivers, answers that sagas await', async () => {
    const { modules, messages } = await readSystem(process.cwd());
    const found = (name: string) => messages.find((each) => each.name === name);

    expect(modules.map(({ name }) => name)).toEqual(modules.map(({ name }) => name).toSorted());
    expect(found('inventory.reserve-stock.v1')).toMatchObject({ kind: 'command', from: ['orders'], to: ['inventory'] });
    expect(found('catalog.price-changed.v1')).toMatchObject({
      kind: 'event',
      key: 'sku',
      from: ['catalog'],
      to: ['orders'],
    });
    expect(found('inventory.stock-released.v1')).toMatchObject({ from: ['inventory'], to: ['orders'] });
    expect(messages.filter(({ meaning }) => meaning === '').map(({ name }) => name)).toEqual([]);
  });
});
