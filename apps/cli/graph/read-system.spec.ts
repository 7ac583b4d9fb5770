import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Files, withSourceTree } from '#test/architecture/source-tree';
import { readSystem } from './read-system.js';

async function systemIn(files: Files, topology?: string) {
  const said: string[] = [];
  const system = await withSourceTree(files, (root) =>
    readSystem(root, {
      topology: topology === undefined ? undefined : join(root, topology),
      say: (line) => said.push(line.replaceAll(root, '')),
    }),
  );
  return { system, said };
}

describe('what is read for a drawing', () => {
  it('is who sends and who takes each message of this project, with what it means', async () => {
    const said: string[] = [];
    const { modules, messages, apps } = await readSystem(process.cwd(), { say: (line) => said.push(line) });
    const found = (name: string) => messages.find((each) => each.name === name);

    expect(said).toEqual([]);
    expect(apps.map(({ name }) => name)).toEqual(['monolith']);
    expect(modules.filter(({ purpose, schema, app }) => !purpose || !schema || !app)).toEqual([]);
    expect(found('inventory.reserve-stock.v1')).toMatchObject({ kind: 'command', from: ['orders'], to: ['inventory'] });
    expect(found('catalog.price-changed.v1')).toMatchObject({
      kind: 'event',
      key: 'sku',
      from: ['catalog'],
      to: ['orders'],
    });
    expect(found('inventory.stock-released.v1')).toMatchObject({ from: ['inventory'], to: ['orders'] });
    expect(found('inventory.availability.v1')).toMatchObject({ kind: 'query', from: ['orders'], to: ['inventory'] });
    expect(messages.filter(({ meaning }) => meaning === '').map(({ name }) => name)).toEqual([]);
    expect(messages.filter(({ kind, to }) => kind !== 'event' && to.length === 0)).toEqual([]);
  });

  it('is as much as can be told of a broken repository, with a word about the rest', async () => {
    const { system, said } = await systemIn({
      'src/modules/a/module.json': '{ "schema": 3, "dependsOn": ["b"] }',
      'src/modules/a/contract/broken.ts': 'throw new Error("no");',
      'src/modules/a/contract/done.ts': `import { z } from 'zod';
        import { defineEvent } from '#kernel/contract/message';
        /** It is done. */
        export const Done = defineEvent('a.done.v1', 'id', z.strictObject({ id: z.string() }));`,
      'src/modules/b/module.json': 'no JSON',
      'src/modules/b/README.md': '# B\n\nDoes b. Well.',
      'topology.json': '{ "apps": {} }',
    });
    expect(system).toMatchObject({
      name: 'seamline',
      apps: [],
      modules: [
        { name: 'a', schema: undefined, dependsOn: ['b'], purpose: '', app: undefined },
        { name: 'b', schema: undefined, dependsOn: [], purpose: 'Does b.' },
      ],
      messages: [{ name: 'a.done.v1', meaning: 'It is done.', from: ['a'], to: [] }],
    });
    expect(said).toEqual([
      'src/modules/a/contract/broken.ts could not be loaded, so its messages are not drawn: no',
      'src/modules/b/module.json cannot be read, so b is drawn by its name alone.',
      expect.stringMatching(/^\/topology\.json: .* No apps are drawn\.$/s),
    ]);
  });

  it('may have another topology', async () => {
    const topology = { transport: 'direct', apps: { x: { modules: ['a'] }, y: { modules: [] } } };
    const { system } = await systemIn(
      { 'src/modules/a/module.json': [], 'apart.json': JSON.stringify(topology) },
      'apart.json',
    );
    expect(system.apps.map(({ name }) => name)).toEqual(['x', 'y']);
    expect(system.modules).toMatchObject([{ name: 'a', app: 'x' }]);
  });

  it.each([
    ['a topology that is not there', { 'src/modules/a/module.json': [] }, 'none.json', 'There is no topology in '],
    [
      'a topology that breaks off',
      { 'src/modules/a/module.json': [], 'bad.json': '{' },
      'bad.json',
      '/bad.json is no JSON: ',
    ],
    ['a topology that is none', { 'src/modules/a/module.json': [], 'bad.json': '{}' }, 'bad.json', 'does not fit'],
    ['a folder without modules', {}, undefined, 'There is no src/modules in '],
  ])('cannot be had of %s', async (_, files: Files, topology, message) => {
    await expect(systemIn(files, topology)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message),
    });
  });

  it('cannot be had of a folder that is not there', async () => {
    await expect(readSystem('/no/such/place', { say: () => undefined })).rejects.toMatchObject({
      name: 'UserError',
      message: 'There is no folder /no/such/place.',
    });
  });
});
