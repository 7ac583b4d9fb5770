import { describe, expect, it } from '@jest/globals';
import { withSourceTree } from '#test/architecture/source-tree';
import { contractFiles, readContracts } from './read-contracts.js';

const CONTRACT = 'src/modules/till/contract';

const event = (constant: string, name: string): string =>
  `import { z } from 'zod';
   import { defineEvent } from '#kernel/contract/message';
   export const ${constant} = defineEvent('${name}', 'id', z.strictObject({ id: z.string() }));`;

describe('the reading of contracts', () => {
  it('tells what each message of this project is, where it stands and what it means', async () => {
    const { contracts, unreadable } = await readContracts(process.cwd());
    expect(unreadable).toEqual([]);
    expect(contracts.map(({ name }) => name)).toEqual(contracts.map(({ name }) => name).toSorted());
    expect(contracts.find(({ name }) => name === 'orders.order-shipped.v1')).toEqual({
      module: 'orders',
      file: 'src/modules/orders/contract/order-shipped.ts',
      exportName: 'OrderShipped',
      line: 5,
      kind: 'event',
      name: 'orders.order-shipped.v1',
      owner: 'orders',
      key: 'orderId',
      meaning: 'The goods are on their way.',
      untold: [],
      schema: expect.objectContaining({ type: 'object', required: ['orderId'], additionalProperties: false }),
    });
    const query = contracts.find(({ kind }) => kind === 'query');
    expect(query).toMatchObject({ request: { type: 'object' }, reply: { type: 'object' } });
    expect(contracts.every(({ meaning }) => meaning !== '')).toBe(true);
  });

  it('reads TypeScript that needs more than its types taken off, other modules, and aliases of one contract once', () =>
    withSourceTree(
      {
        [`${CONTRACT}/kinds.ts`]: "export enum Kind { Cash = 'cash' }",
        [`${CONTRACT}/sold.ts`]: `
          import { z } from 'zod';
          import { defineCommand, defineEvent } from '#kernel/contract/message';
          import { from } from '#kernel/contract/upcast';
          import { price } from '#modules/prices/contract/price';
          import { Kind } from './kinds.js';
          const shape = { id: z.string(), kind: z.enum(Kind), price };
          /** It was
           *  sold. */
          export const Sold = defineEvent('till.sold.v1', 'id', z.strictObject(shape));
          export const SoldV2 = defineEvent('till.sold.v2', 'id', z.strictObject({ ...shape, by: z.string() }), {
            upcasts: from(Sold, (older) => ({ ...older, by: 'nobody' })),
          });
          const sell = defineCommand('till.sell.v1', 'id', z.strictObject(shape));
          export default sell;`,
        [`${CONTRACT}/all.ts`]: "export * from './sold.js'; export { Sold as Again } from './sold.js';",
        'src/modules/prices/contract/price.ts': "import { z } from 'zod';\nexport const price = z.int().min(0);",
      },
      async (root) => {
        const { contracts, unreadable } = await readContracts(root);
        expect(unreadable).toEqual([]);
        const told = contracts.map(({ name, file, exportName, line, meaning, upcasts }) => ({
          name,
          at: `${file.split('/').at(-1)}:${line} ${exportName}`,
          meaning,
          upcasts,
        }));
        expect(told).toEqual([
          { name: 'till.sell.v1', at: 'sold.ts:1 default', meaning: '', upcasts: undefined },
          { name: 'till.sold.v1', at: 'sold.ts:10 Sold', meaning: 'It was sold.', upcasts: undefined },
          { name: 'till.sold.v2', at: 'sold.ts:11 SoldV2', meaning: '', upcasts: 'till.sold.v1' },
        ]);
      },
    ));

  it('says of each that cannot be loaded why, and reads all others', () =>
    withSourceTree(
      {
        [`${CONTRACT}/a-sold.ts`]: event('Sold', 'till.sold.v1'),
        [`${CONTRACT}/awaits.ts`]: 'await new Promise(() => undefined);',
        [`${CONTRACT}/ends.ts`]: 'process.exit(0);',
        [`${CONTRACT}/hangs.ts`]: 'while (true) {}',
        [`${CONTRACT}/lacks.ts`]: "import 'a-package-that-is-not-there';",
        [`${CONTRACT}/leads-nowhere.ts`]: "import './nowhere.js';",
        [`${CONTRACT}/throws.ts`]: "throw new Error('no such thing\\nat all');",
        [`${CONTRACT}/z-told.ts`]: event('Told', 'till.told.v1'),
      },
      async (root) => {
        const { contracts, unreadable } = await readContracts(root, 1_000);
        expect(contracts.map(({ name }) => name)).toEqual(['till.sold.v1', 'till.told.v1']);
        const reasons = Object.fromEntries(
          unreadable.map(({ file, reason }) => [file.slice(CONTRACT.length + 1), reason]),
        );
        expect(reasons).toEqual({
          'awaits.ts': 'it awaits what never happens',
          'ends.ts': 'it ends the program that loads it',
          'hangs.ts': 'it has not come to the end of loading within 1 s',
          'lacks.ts': 'it imports "a-package-that-is-not-there", which is not installed',
          'leads-nowhere.ts': expect.stringContaining(`Cannot find module '${CONTRACT}/nowhere.js'`),
          'throws.ts': 'no such thing',
        });
      },
    ));

  it('knows what is a contract, and what only lies beside one', () =>
    withSourceTree(
      {
        [`${CONTRACT}/deep/sold.ts`]: '',
        [`${CONTRACT}/sold.spec.ts`]: '',
        [`${CONTRACT}/sold.d.ts`]: '',
        [`${CONTRACT}/testing/sold.ts`]: '',
        [`${CONTRACT}/released/sold.v1.json`]: '{}',
        'src/modules/till/domain/contract/sold.ts': '',
        'src/modules/README.md': '',
      },
      async (root) => expect(contractFiles(root)).toEqual([`${CONTRACT}/deep/sold.ts`]),
    ));

  it('finds none where there are no modules', () =>
    withSourceTree({}, async (root) => expect(await readContracts(root)).toEqual({ contracts: [], unreadable: [] })));
});
