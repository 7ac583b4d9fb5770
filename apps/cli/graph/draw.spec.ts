import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { withSourceTree } from '#test/architecture/source-tree';
import { type DrawOptions, draw } from './draw.js';

const FILES = { 'src/modules/a/module.json': ['b'], 'src/modules/b/module.json': [] };

async function drawIn(root: string, options: Partial<DrawOptions>) {
  const printed: string[] = [];
  const said: string[] = [];
  const outlet = { print: (text: string) => printed.push(text), say: (line: string) => said.push(line) };
  await draw({ root, violations: false, check: false, ...options }, outlet);
  return { printed: printed.join(''), said };
}

describe('seamline graph', () => {
  it('prints what it draws, in the format that is asked for', () =>
    withSourceTree(FILES, async (root) => {
      expect((await drawIn(root, { format: 'json' })).printed).toContain('"version": 1');
      expect((await drawIn(root, { format: 'mermaid' })).printed).toBe(
        'flowchart LR\n  m_a["a<br/>schema a"]\n  m_b["b<br/>schema b"]\n',
      );
      expect((await drawIn(root, { format: 'svg' })).printed).toMatch(/^<\?xml/);
      expect((await drawIn(root, { format: 'html' })).printed).toMatch(/^<!doctype html>/);
      expect((await drawIn(root, {})).printed).toMatch(/^<!-- Written by/);
    }));

  it('writes it to a file, whose name says the format, and knows later whether it is stale', () =>
    withSourceTree(FILES, async (root) => {
      const output = join(root, 'docs/system.svg');
      expect(await drawIn(root, { output })).toEqual({ printed: '', said: [`Wrote ${output}.`] });
      expect(await readFile(output, 'utf8')).toMatch(/^<\?xml/);
      await drawIn(root, { output, check: true });

      await writeFile(join(root, 'src/modules/b/README.md'), '# B\n\nIs new.');
      await expect(drawIn(root, { output, check: true })).rejects.toMatchObject({
        message: `${output} is not as it would be drawn now.`,
      });
    }));

  it('shows in red what breaks the walls of imports and topology, unless that is not asked for', () =>
    withSourceTree(
      {
        ...FILES,
        'src/modules/a/a.ts': "import { secret } from '#modules/b/domain/secret';\nexport const a = secret;",
        'src/modules/b/domain/secret.ts': 'export const secret = 1;',
      },
      async (root) => {
        const drawn = JSON.parse((await drawIn(root, { format: 'json', violations: true })).printed);
        expect(drawn.walls).toEqual(['imports', 'topology']);
        expect(drawn.violations).toContainEqual(
          expect.objectContaining({
            rule: 'only-a-modules-contract',
            file: 'src/modules/a/a.ts',
            line: 1,
            why: expect.stringMatching(/./),
            mend: expect.stringMatching(/./),
            modules: ['a'],
            reaches: [{ from: 'a', to: 'b' }],
          }),
        );
        const rules = drawn.violations.map(({ rule }: { rule: string }) => rule);
        expect(rules).toContain('module-tells-its-purpose');
        expect(JSON.parse((await drawIn(root, { format: 'json' })).printed)).toMatchObject({
          walls: [],
          violations: [],
        });
      },
    ));

  it.each<[string, Partial<DrawOptions>, string]>([
    [
      'a file whose name says no format',
      { output: 'system.png' },
      '"system.png" does not say by its name which format it is.',
    ],
    ['a check of nothing', { format: 'svg', check: true }, 'There is nothing to check.'],
    [
      'a place where nothing can be written',
      { output: 'package.json/a.svg' },
      '/package.json/a.svg cannot be written: ',
    ],
  ])('refuses %s', (_, options, message) =>
    withSourceTree(FILES, async (root) => {
      await expect(drawIn(root, options)).rejects.toMatchObject({
        name: 'UserError',
        message: expect.stringContaining(message),
      });
    }),
  );
});
