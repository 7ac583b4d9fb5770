import { createHash } from 'node:crypto';
import { Script } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { aLargeSystem, aMessage, aModule, aSystem } from '../testing/a-system.js';
import { pageOf } from './page.js';

const EVIL = `</script><script>alert('1')</script><img src=x onerror="alert(2)"> & \`code <b>\``;

const SHOP = aSystem(
  [aModule('billing', { purpose: 'Takes the money.' }), aModule('orders', { dependsOn: ['billing'], purpose: EVIL })],
  {
    messages: [
      aMessage('billing.pay.v1', { kind: 'command', from: ['orders'], to: ['billing'], meaning: EVIL }),
      aMessage('billing.paid.v1', { from: ['billing'], to: ['orders'], meaning: 'It is paid, see `amount`.' }),
      aMessage('orders.lost.v1', { from: ['orders'] }),
    ],
    walls: ['imports', 'topology'],
  },
);
const BROKEN = {
  ...SHOP,
  violations: [
    {
      rule: 'only-a-modules-contract',
      file: 'src/modules/orders/a.ts',
      line: 4,
      what: `imports "${EVIL}"`,
      subject: '',
      why: 'What is not in a contract is its own affair.',
      mend: 'Send it a command.',
      modules: ['orders'],
      reaches: [{ from: 'orders', to: 'billing' }],
      messages: ['billing.paid.v1'],
    },
  ],
};

const scriptsIn = (page: string) =>
  [...page.matchAll(/<script\b[^>]*>([\s\S]*?)<\/script>/g)].map(([, text = '']) => text);

describe('the page', () => {
  it('needs nothing beside itself, and lets nothing else run', async () => {
    const page = await pageOf(BROKEN);
    expect(page).not.toMatch(/<[a-z][^<>]*\s(?:href|src|action|poster|data)="(?!#)/);
    expect(page).not.toMatch(/@import|url\(|https?:/);
    const [script, ...others] = scriptsIn(page);
    expect(others).toEqual([]);
    const hash = createHash('sha256')
      .update(script ?? '')
      .digest('base64');
    expect(page).toContain(`default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`);
    expect(() => new Script(script ?? '')).not.toThrow();
  });

  it('keeps words that would be markup as words, and shows code as code', async () => {
    const page = await pageOf(BROKEN);
    expect(page.includes('<img')).toBe(false);
    expect(page).toContain('&lt;img src=x onerror=&quot;alert(2)&quot;&gt; &amp; <code>code &lt;b&gt;</code>');
    expect(page).toContain('It is paid, see <code>amount</code>.');
  });

  it('tells of each module what it is, what it takes and what it sends', async () => {
    const page = await pageOf(SHOP);
    const section = /<section class="detail" data-of="billing"[\s\S]*?<\/section>/.exec(page)?.[0] ?? '';
    expect(section).toContain('<p class="purpose">Takes the money.</p>');
    expect(section).toMatch(/<dt>Used by<\/dt><dd><button [^>]*data-choose="orders">orders</);
    const [, messagesIn = '', messagesOut = ''] = section.split('<h3>');
    expect(messagesIn).toMatch(/^In [\s\S]*<b>pay<\/b>[\s\S]*from <button [^>]*>orders</);
    expect(messagesOut).toMatch(/^Out [\s\S]*<b>paid<\/b>[\s\S]*to <button [^>]*>orders</);
  });

  it('has every message in a table, also what nobody receives', async () => {
    const page = await pageOf(SHOP);
    expect(page.match(/<tr data-kind="\w+"/g)).toEqual([
      '<tr data-kind="command"',
      '<tr data-kind="event"',
      '<tr data-kind="event"',
    ]);
    expect(page).toContain('<span class="none">nobody</span>');
  });

  it('says that nothing breaks a wall only where somebody looked', async () => {
    expect(await pageOf(SHOP)).toContain('Nothing breaks the walls of imports and topology.');
    expect(await pageOf({ ...SHOP, walls: [] })).not.toMatch(/breaks the walls|No violations/);
  });

  it('shows a violation with its rule, why it is there and what to do, and the message that it is about', async () => {
    const page = await pageOf(BROKEN);
    expect(page).toContain(
      '<h4>only-a-modules-contract</h4><p>What is not in a contract is its own affair. <em>Send it a command.</em></p>',
    );
    expect(page).toContain('<code class="place">src/modules/orders/a.ts:4</code>');
    expect(page).toContain('<tr data-kind="event" class="wrong"><th scope="row"><code><span class="pale">billing.');
    expect(page).not.toContain('Nothing breaks');
  });

  it('is the same for the same system', async () => {
    expect(await pageOf(BROKEN)).toBe(await pageOf(structuredClone(BROKEN)));
  });

  it('holds a hundred modules', async () => {
    const page = await pageOf(aLargeSystem(100));
    expect(page.match(/<section class="detail" data-of="module-/g)).toHaveLength(100);
    expect(/NaN|"undefined|>undefined/.test(page)).toBe(false);
  });
});
