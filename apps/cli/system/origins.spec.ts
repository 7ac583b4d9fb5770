import { describe, expect, it } from '@jest/globals';
import ts from 'typescript';
import { withSourceTree } from '#test/architecture/source-tree';
import { Origins } from './origins.js';

const CONTRACT = 'src/modules/orders/contract/order-placed.ts';

const SOURCES = {
  [CONTRACT]: `
    export const OrderPlaced = defineEvent();
    const Lost = defineEvent();
    export { Lost as OrderLost };
    export default OrderPlaced;
    export const all = { OrderPlaced, lost: Lost, 'older': { OrderPlaced }.OrderPlaced };`,
  'src/modules/orders/contract/index.ts': `
    export * from './nothing.js';
    export * from './order-placed.js';
    export * as everything from './order-placed.js';
    export { OrderPlaced as Placed } from './order-placed.js';`,
  // Barrels that lead in a circle must come to an end.
  'src/modules/orders/contract/circle.ts': "export * from './round.js';",
  'src/modules/orders/contract/round.ts': "export * from './circle.js'; export const Round = 1;",
  'src/modules/orders/contract/self.ts': 'export const One = Other; const Other = One;',
};

/** Where the expression is declared that is the last statement of a file beside the contracts. */
function originOf(source: string): Promise<string | undefined> {
  const file = 'src/modules/orders/beside.ts';
  return withSourceTree({ ...SOURCES, [file]: source }, async (root) => {
    const origins = new Origins(root);
    const last = origins.parse(file)?.statements.at(-1);
    if (last === undefined || !ts.isExpressionStatement(last)) throw new Error('The last statement names it.');
    const origin = origins.of(file, last.expression);
    return origin && `${origin.file} ${origin.name}`;
  });
}

const PLACED = `${CONTRACT} OrderPlaced`;

describe('where a name comes from is found', () => {
  it.each([
    ['by a path', "import { OrderPlaced } from './contract/order-placed.js'; OrderPlaced;"],
    ['by an alias of the project', "import { OrderPlaced } from '#modules/orders/contract/order-placed'; OrderPlaced;"],
    ['under another name', "import { OrderPlaced as It } from './contract/order-placed.js'; It;"],
    ['in a barrel', "import { OrderPlaced } from './contract/index.js'; OrderPlaced;"],
    ['in a barrel that gives it another name', "import { Placed } from './contract/index.js'; Placed;"],
    ['in a folder', "import { OrderPlaced } from './contract'; OrderPlaced;"],
    ['in a namespace', "import * as orders from './contract/order-placed.js'; orders.OrderPlaced;"],
    ['by its text', "import * as orders from './contract/order-placed.js'; orders['OrderPlaced'];"],
    [
      'in a namespace that a barrel exports',
      "import { everything } from './contract/index.js'; everything.OrderPlaced;",
    ],
    ['as the default', "import It from './contract/order-placed.js'; It;"],
    ['in an object', "import { all } from './contract/order-placed.js'; all.OrderPlaced;"],
    ['through a constant', "import { OrderPlaced } from './contract/order-placed.js'; const It = OrderPlaced; It;"],
    ['taken apart', "import * as orders from './contract/index.js'; const { OrderPlaced: It } = orders; It;"],
    ['taken from an import()', "const { OrderPlaced } = await import('./contract/order-placed.js'); OrderPlaced;"],
    ['by require', "const orders = require('./contract/order-placed.js'); orders.OrderPlaced;"],
    ['by import =', "import orders = require('./contract/order-placed.js'); orders.OrderPlaced;"],
    [
      'behind casts and parentheses',
      "import { OrderPlaced } from './contract/order-placed.js'; (OrderPlaced as Event)!;",
    ],
  ])('%s', async (_how, source) => {
    expect(await originOf(source)).toBe(PLACED);
  });

  it('under the name that its file exports, whatever it is called there', async () => {
    expect(await originOf("import { OrderLost } from './contract/order-placed.js'; OrderLost;")).toBe(
      `${CONTRACT} OrderLost`,
    );
    expect(await originOf("import { all } from './contract/order-placed.js'; all.lost;")).toBe(`${CONTRACT} OrderLost`);
  });

  it('where it stands itself', async () => {
    expect(await originOf('class Here {} Here;')).toBe('src/modules/orders/beside.ts Here');
  });

  it('in a kernel that is not there by its place', async () => {
    const source = "import { Subscribe } from '#kernel/messaging/subscriptions'; Subscribe;";
    expect(await originOf(source)).toBe('src/shared-kernel/messaging/subscriptions.ts Subscribe');
  });

  it('at the word of an import that finds nothing', async () => {
    const source = "import { Missing } from './contract/order-placed.js'; Missing;";
    expect(await originOf(source)).toBe(`${CONTRACT} Missing`);
  });

  it.each([
    ['a package has', "import { Subscribe } from 'elsewhere'; Subscribe;"],
    ['a function returns', 'pick();'],
    ['a parameter stands for', 'given;'],
    ['leads in a circle', "import * as circle from './contract/circle.js'; circle.Nothing;"],
    ['names itself', "import { One } from './contract/self.js'; const It = One; It.Other;"],
  ])('of nothing that %s', async (_what, source) => {
    expect(await originOf(source)).toBeUndefined();
  });

  it('in barrels that lead in a circle', async () => {
    const source = "import { Round } from './contract/circle.js'; Round;";
    expect(await originOf(source)).toBe('src/modules/orders/contract/round.ts Round');
  });
});
