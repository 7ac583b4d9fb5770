import { describe, expect, it } from '@jest/globals';
import { architecturePage } from './architecture-page.js';
import { messageChart } from './mermaid.js';
import { aMessage, aModule, aSystem } from './testing/a-system.js';

const MODULES = [
  aModule('end', { purpose: 'Ends | it all.' }),
  aModule('orders', { dependsOn: ['end'], schema: undefined, app: undefined }),
];
const MESSAGES = [
  aMessage('end.close.v1', { kind: 'command', from: ['orders'], to: ['end'], meaning: 'Closes it.' }),
  aMessage('end.closed.v1', { from: ['end'], to: ['orders'], meaning: 'It is closed | for good, <b>really</b>.' }),
  aMessage('end.is-open.v1', { kind: 'query', from: ['orders'], to: ['end'] }),
  aMessage('end.open.v2', { kind: 'command', from: ['orders'], to: ['end'] }),
  aMessage('orders.lost.v1', { from: ['orders'] }),
  aMessage('orders.placed.v1', { from: ['orders'], to: ['orders'] }),
];
const SYSTEM = aSystem(MODULES, { messages: MESSAGES });

const arrowsIn = (text: string) => text.split('\n').filter((line) => /^ +m_.* (--|-\.|==) "/.test(line));

describe('the drawn architecture', () => {
  const page = architecturePage(SYSTEM);

  it('lists each module with its schema, its app and its purpose', () => {
    expect(page).toContain('| end | `end` | monolith | Ends \\| it all. |\n| orders |  | none |  |');
  });

  it('shows each dependency', () => {
    expect(page).toContain('  m_end["end"]\n  m_orders["orders"]\n  m_orders --> m_end\n```');
  });

  it('shows one arrow for all messages of a kind between two modules, none from a module to itself', () => {
    expect(arrowsIn(page)).toEqual([
      '  m_end -. "closed.v1" .-> m_orders',
      '  m_orders -- "close.v1<br/>open.v2" --> m_end',
      '  m_orders == "is-open.v1" ==> m_end',
    ]);
  });

  it('shows a picture instead where it has one', () => {
    const pictured = architecturePage(SYSTEM, 'architecture.svg');
    expect(pictured).toContain('](architecture.svg)');
    expect(arrowsIn(pictured)).toEqual([]);
  });

  it('lists every message with its meaning, and those that nobody receives', () => {
    expect(page).toContain(
      '| `end.closed.v1` | event | end | orders | `id` | It is closed \\| for good, \\<b>really\\</b>. |',
    );
    expect(page).toContain('| `orders.lost.v1` | event | orders | nobody | `id` |  |');
  });

  it('lists what breaks a wall, where somebody looked', () => {
    expect(page).not.toContain('breaks a wall');
    const violation = {
      rule: 'a-rule',
      file: 'a.ts',
      line: 3,
      what: 'imports b.ts',
      subject: 'b.ts',
      why: '',
      mend: '',
    };
    const broken = { ...SYSTEM, violations: [{ ...violation, modules: [], reaches: [], messages: [] }] };
    expect(architecturePage(broken)).toContain('## What breaks a wall\n\n- **a-rule**: `a.ts:3` imports b.ts\n');
  });
});

describe('the Mermaid chart', () => {
  it('puts modules with their schemas into boxes where there are several apps, with how each is reached', () => {
    const app = (name: string, gateway: boolean, instances: number, modules: string[]) => ({
      name,
      gateway,
      transport: 'direct',
      instances,
      modules,
    });
    const apart = { ...SYSTEM, apps: [app('monolith', false, 2, ['end']), app('front', true, 1, [])] };
    expect(messageChart(apart)).toContain(
      [
        '  subgraph app_0["monolith - reached by direct - 2 instances"]',
        '    m_end["end<br/>schema end"]',
        '  end',
        '  subgraph app_1["front - the public comes in here - no modules"]',
        '  end',
        '  m_orders["orders"]',
      ].join('\n'),
    );
  });

  it('shows violations in red', () => {
    const reaches = [{ from: 'orders', to: 'end' }];
    const violation = { rule: 'a-rule', file: '', what: '', subject: '', why: '', mend: '' };
    const broken = { ...SYSTEM, violations: [{ ...violation, modules: ['orders'], reaches, messages: [] }] };
    expect(messageChart(broken).split('\n').slice(-4)).toEqual([
      '  m_orders -- "a-rule" --x m_end',
      '  linkStyle 3 stroke:#d0182b,stroke-width:3px,color:#d0182b',
      '  classDef wrong stroke:#d0182b,stroke-width:3px',
      '  class m_orders wrong',
    ]);
  });

  it('lets no name end its text or become another', () => {
    const names = ['a-b', 'a_b', 'say "hi"; end', '<script>'];
    const chart = messageChart(aSystem(names.map((name) => aModule(name))));
    expect(chart).not.toMatch(/"hi"|<script>/);
    expect(new Set(chart.match(/^ {2}\w+(?=\[)/gm)).size).toBe(names.length);
  });
});
