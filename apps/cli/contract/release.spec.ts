import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withSourceTree } from '#test/architecture/source-tree';
import { contractsWall } from '../check/contracts/contracts-wall.js';
import { UserError } from '../user-error.js';
import { release, retire } from './release.js';

const SOLD = 'src/modules/till/contract/sold.ts';
const BROKE = 'src/modules/till/contract/broke.ts';
const RELEASED = 'src/modules/till/contract/released/sold.v1.json';

const event = (constant: string, name: string, shape: string, key = 'id', options = '{}'): string => `
  import { z } from 'zod';
  import { defineEvent } from '#kernel/contract/message';
  import { from } from '#kernel/contract/upcast';
  export const ${constant} = defineEvent('${name}', '${key}', z.strictObject(${shape}), ${options});`;

const sold = (shape: string, key?: string): string => event('Sold', 'till.sold.v1', shape, key);
const PLAIN = '{ id: z.string() }';

const inTree = (shape: string, use: (root: string) => Promise<void>) =>
  withSourceTree({ [SOLD]: sold(shape), [BROKE]: event('Broke', 'till.broke.v1', PLAIN) }, use);

const rulesIn = async (root: string) =>
  (await contractsWall.violations(root, { say: () => undefined })).map(({ rule }) => rule);

const goldenIn = (root: string) => JSON.parse(readFileSync(join(root, RELEASED), 'utf8'));

describe('a release', () => {
  it('keeps what messages say, once, and leaves alone what has not changed', () =>
    inTree(PLAIN, async (root) => {
      expect(await release(root, { dryRun: true })).toHaveLength(2);
      expect(existsSync(join(root, RELEASED))).toBe(false);

      expect(await release(root, { names: ['till.sold.v1'] })).toEqual([
        { name: 'till.sold.v1', file: RELEASED, isFirst: true },
      ]);
      expect(goldenIn(root)).toEqual({
        name: 'till.sold.v1',
        kind: 'event',
        key: 'id',
        revisions: [
          {
            schema: {
              $schema: 'https://json-schema.org/draft/2020-12/schema',
              type: 'object',
              properties: { id: { type: 'string' } },
              required: ['id'],
              additionalProperties: false,
            },
          },
        ],
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
      expect((await release(root)).map(({ name }) => name)).toEqual(['till.broke.v1']);
      expect(await release(root)).toEqual([]);
    }));

  it('adds a revision for what is more, and none for another order or another comment', () =>
    inTree('{ id: z.string(), kind: z.enum(["a", "b"]), part: z.union([z.string(), z.number()]) }', async (root) => {
      await release(root);
      writeFileSync(
        join(root, SOLD),
        sold(
          '{ part: z.union([z.number(), z.string()]).describe("its part"), kind: z.enum(["b", "a"]), id: z.string() }',
        ),
      );
      expect(await release(root)).toEqual([]);
      writeFileSync(
        join(root, SOLD),
        sold(
          '{ id: z.string(), kind: z.enum(["a", "b"]), part: z.union([z.string(), z.number()]), by: z.string().optional() }',
        ),
      );
      expect(await release(root)).toEqual([{ name: 'till.sold.v1', file: RELEASED, isFirst: false }]);
      expect(goldenIn(root).revisions).toHaveLength(2);
      expect(await rulesIn(root)).toEqual([]);
    }));

  it('is refused for a break, with all of them, and nothing is written', () =>
    inTree('{ id: z.string(), by: z.string().max(40) }', async (root) => {
      await release(root);
      const before = readFileSync(join(root, RELEASED), 'utf8');
      writeFileSync(join(root, SOLD), sold('{ id: z.string(), by: z.string().max(50), at: z.string() }', 'by'));
      writeFileSync(
        join(root, BROKE),
        event('Broke', 'till.broke.v1', '{ id: z.string(), by: z.string().optional() }'),
      );
      const refused = release(root);
      await expect(refused).rejects.toThrow(UserError);
      await expect(refused).rejects.toThrow(
        [
          'Nothing was released:',
          '  till.sold.v1 was ordered by id, and now by by',
          '  till.sold.v1: by maxLength 40 → 50; one of the two would refuse, or read as something else, what the other one sends',
          '  till.sold.v1: at is new and required; messages of the released version lack it',
        ].join('\n'),
      );
      expect(readFileSync(join(root, RELEASED), 'utf8')).toBe(before);
      expect((await rulesIn(root)).toSorted()).toEqual([
        'compatible-within-a-major',
        'compatible-within-a-major',
        'key-is-kept',
        'message-is-released',
      ]);
    }));

  it.each([
    ['what only zod can say', '{ id: z.string().refine(() => true) }', 'till.sold.v1 holds id: a refinement'],
    ['what JSON cannot hold', '{ id: z.string(), at: z.date() }', `${SOLD}: till.sold.v1 holds what JSON cannot`],
  ])('is refused for %s', (_what, shape, problem) =>
    inTree(shape, async (root) => {
      await expect(release(root)).rejects.toThrow(problem);
      expect(existsSync(join(root, RELEASED))).toBe(false);
    }),
  );

  it('is refused for a message that nobody declares, and beside a file that was edited', () =>
    inTree(PLAIN, async (root) => {
      await expect(release(root, { names: ['till.sold.v2'] })).rejects.toThrow('No module declares till.sold.v2.');
      await release(root);
      writeFileSync(
        join(root, RELEASED),
        readFileSync(join(root, RELEASED), 'utf8').replace('"key": "id"', '"key": "by"'),
      );
      await expect(release(root)).rejects.toThrow(`${RELEASED} was changed since it was written`);
    }));

  it('is refused for a version that skips one', () =>
    inTree(PLAIN, async (root) => {
      await release(root);
      writeFileSync(join(root, 'src/modules/till/contract/sold-v3.ts'), event('SoldV3', 'till.sold.v3', PLAIN));
      await expect(release(root)).rejects.toThrow(
        'till.sold.v3 comes after till.sold.v1, and the next version of that is till.sold.v2',
      );
      expect(await rulesIn(root)).toContain('no-version-is-skipped');
    }));

  it('of a next version stands beside the one before, until that is retired', () =>
    inTree(PLAIN, async (root) => {
      await release(root);
      const next = event('SoldV2', 'till.sold.v2', '{ id: z.string(), by: z.string() }', 'id');
      const upcast = '{ upcasts: from(Sold, (older) => ({ ...older, by: "nobody" })) }';
      writeFileSync(
        join(root, 'src/modules/till/contract/sold-v2.ts'),
        `import { Sold } from './sold.js';${event('SoldV2', 'till.sold.v2', '{ id: z.string(), by: z.string() }', 'id', upcast)}`,
      );
      await release(root);
      expect(await rulesIn(root)).toEqual([]);
      await expect(retire(root, 'till.sold.v1')).rejects.toThrow(`till.sold.v1 is still declared, in ${SOLD}.`);

      await rm(join(root, SOLD));
      writeFileSync(join(root, 'src/modules/till/contract/sold-v2.ts'), next);
      expect(await rulesIn(root)).toEqual(['released-message-is-kept']);
      expect(await retire(root, 'till.sold.v1')).toBe(RELEASED);
      expect(await rulesIn(root)).toEqual([]);
      writeFileSync(join(root, SOLD), sold(PLAIN));
      await expect(release(root)).rejects.toThrow('till.sold.v1 was retired; its name stays reserved');
      await expect(retire(root, 'till.sunk.v1')).rejects.toThrow('till.sunk.v1 was never released.');
    }));
});
