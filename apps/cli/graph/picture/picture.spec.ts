import { describe, expect, it } from '@jest/globals';
import type { System } from '../system.js';
import { aLargeSystem, aMessage, aModule, aSystem } from '../testing/a-system.js';
import { layOut } from './layout.js';
import { pictureFile } from './picture.js';
import { planOf, sceneOf } from './scene.js';

const SHOP = aSystem(
  [
    aModule('billing', { purpose: 'Takes the money.' }),
    aModule('catalog'),
    aModule('orders', { purpose: 'Takes orders.', dependsOn: ['billing'] }),
  ],
  {
    messages: [
      aMessage('billing.pay.v1', { kind: 'command', from: ['orders'], to: ['billing'] }),
      aMessage('billing.paid.v1', { from: ['billing'], to: ['orders'] }),
      aMessage('billing.owed.v1', { kind: 'query', from: ['orders'], to: ['billing'] }),
      aMessage('orders.placed.v1', { from: ['orders'], to: ['orders'] }),
    ],
  },
);

const VIOLATION = { rule: 'only-a-modules-contract', file: '', what: '', subject: '', why: '', mend: '', messages: [] };

/** Fails for tags that do not close in order, and for text that would end one. */
function mustBeWellFormed(svg: string): void {
  const open: string[] = [];
  for (const [, slash, name = '', attributes = ''] of svg.matchAll(/<(\/?)([\w:]+)((?:[^"'<>]|"[^"<]*")*)>|</g)) {
    if (slash) expect(open.pop()).toBe(name);
    else if (name === '') throw new Error('a < that begins no tag');
    else if (!attributes.endsWith('/')) open.push(name);
  }
  expect(open).toEqual([]);
}

/** Of each arrow its tone and its ends. */
const arrowsIn = (svg: string) =>
  [...svg.matchAll(/<g class="arrow (\w+)" data-from="([^"]*)" data-to="([^"]*)"/g)].map((found) =>
    found.slice(1).join(' '),
  );

const apart = (system: System): System => ({
  ...system,
  apps: [
    { name: 'monolith', gateway: true, transport: 'direct', instances: 1, modules: ['catalog', 'orders'] },
    { name: 'money', gateway: false, transport: 'nats', instances: 2, modules: ['billing'] },
    { name: 'front', gateway: false, transport: 'direct', instances: 1, modules: [] },
  ],
  modules: system.modules.map((module) => (module.name === 'billing' ? { ...module, app: 'money' } : module)),
});

describe('the picture', () => {
  it('is the same for the same system, to the last digit', async () => {
    expect(await pictureFile(SHOP)).toBe(await pictureFile(structuredClone(SHOP)));
  });

  it('shows each module with its schema and its purpose, and each kind of message by an arrow of its own', async () => {
    const svg = await pictureFile(SHOP);
    mustBeWellFormed(svg.slice(svg.indexOf('<svg')));
    expect(svg.match(/data-module="\w+"/g)).toHaveLength(3);
    expect(svg).toContain('>Takes the money.<');
    expect(svg).toMatch(/class="schema mono"[^>]*>billing</);
    expect(new Set(arrowsIn(svg))).toEqual(
      new Set(['command orders billing', 'event billing orders', 'query orders billing']),
    );
    expect(svg).toContain('1 to itself');
  });

  it('says in words what it shows', async () => {
    expect(await pictureFile(SHOP)).toContain('3 modules in 1 app. 1 command, 2 events, 1 query.</desc>');
  });

  it('frames the modules of each app and says how others reach it', async () => {
    const svg = await pictureFile(apart(SHOP));
    expect(svg.match(/class="frame"/g)).toHaveLength(3);
    expect(svg).toContain('reached by nats · 2 instances');
    expect(svg).toContain('the public comes in here');
    expect(svg.match(/>by (\w+)</g)?.toSorted()).toEqual(['>by direct<', '>by nats<', '>by wire<']);
  });

  it('shows in red what breaks a wall', async () => {
    const reaches = [{ from: 'catalog', to: 'orders' }];
    const svg = await pictureFile({ ...SHOP, violations: [{ ...VIOLATION, modules: ['catalog'], reaches }] });
    expect(arrowsIn(svg)).toContain('wrong catalog orders');
    expect(svg).toContain('class="module wrong" data-module="catalog"');
    expect(svg).toContain('only-a-modules-contract');
  });

  it('keeps words that would be markup as words', async () => {
    const name = `<script>alert("1")</script>&'\u0000\uD800`;
    const evil = aSystem([aModule(name, { schema: name, purpose: name, app: undefined })], { name, apps: [] });
    const svg = await pictureFile(evil);
    mustBeWellFormed(svg.slice(svg.indexOf('<svg')));
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('\u0000');
    expect(svg.isWellFormed()).toBe(true);
  });

  it('shows nothing where there is nothing', async () => {
    const svg = await pictureFile(aSystem([], { apps: [] }));
    mustBeWellFormed(svg.slice(svg.indexOf('<svg')));
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the picture of a hundred modules', () => {
  const LARGE = aLargeSystem(100);

  it('has one arrow for all that passes between two modules, with its number', async () => {
    const { isCompact, arrows } = sceneOf(LARGE);
    expect(isCompact).toBe(true);
    expect(new Set(arrows.map(({ from, to }) => [from, to].toSorted().join())).size).toBe(arrows.length);
    expect(arrows.every(({ isTwoWay, lines }) => isTwoWay && lines[0]?.text === '2')).toBe(true);
  });

  it('has a number only where there are several', async () => {
    const modules = Array.from({ length: 20 }, (_, index) => aModule(`module-${index}`));
    const once = aMessage('module-0.done.v1', { from: ['module-0'], to: ['module-1'] });
    const again = aMessage('module-0.undone.v1', { from: ['module-0'], to: ['module-1'] });
    const platesOf = async (messages: System['messages']) =>
      (await pictureFile(aSystem(modules, { messages }))).match(/class="plate".*?>(\w+)</g)?.length ?? 0;
    expect([await platesOf([once]), await platesOf([once, again])]).toEqual([0, 1]);
  });

  it('lets no module stand on another, none outside of its app, and leads every arrow from one to another', async () => {
    const plan = planOf(sceneOf(LARGE));
    const { boxes, groups, links } = await layOut(plan);
    const [frame] = groups;
    const right = (box: (typeof boxes)[0]) => box.x + box.width;
    const bottom = (box: (typeof boxes)[0]) => box.y + box.height;
    const isApart = (a: (typeof boxes)[0], b: (typeof boxes)[0]) =>
      right(a) <= b.x || right(b) <= a.x || bottom(a) <= b.y || bottom(b) <= a.y;
    expect(boxes.flatMap((a, index) => boxes.slice(index + 1).filter((b) => !isApart(a, b)))).toEqual([]);
    expect(boxes.every((box) => frame && box.x >= frame.x && box.y >= frame.y && right(box) <= right(frame))).toBe(
      true,
    );
    const touches = ({ x, y }: { x: number; y: number }, box: (typeof boxes)[0]) =>
      x >= box.x - 2 && x <= right(box) + 2 && y >= box.y - 2 && y <= bottom(box) + 2;
    const isLed = links.map(({ parts }, index) => {
      const way = parts.flat();
      const ends = [plan.links[index]?.tail, plan.links[index]?.head].map((end) => boxes[end ?? -1]);
      return [way[0], way.at(-1)].every((point, n) => point && ends[n] && touches(point, ends[n]));
    });
    expect(isLed.every(Boolean)).toBe(true);
  });
});
