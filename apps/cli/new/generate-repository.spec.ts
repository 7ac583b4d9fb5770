import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { generateRepository } from './generate-repository.js';

/** The text of every file of the modules of a repository. */
function modulesIn(root: string): Record<string, string> {
  const modules = join(root, 'src/modules');
  const files = readdirSync(modules, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(paths.map((path) => [relative(modules, path), readFileSync(path, 'utf8')]));
}

describe('a generated repository', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-generated-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is the same in every run, and as large as it was asked to be', async () => {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')] as const;
    for (const root of [one, other]) await generateRepository(root, { modules: 60, filesPerModule: 17 });
    const modules = modulesIn(one);
    expect(modulesIn(other)).toEqual(modules);
    const sizes = Map.groupBy(Object.keys(modules), (path) => path.split('/')[0]);
    expect([...sizes.values()].map((files) => files.length)).toEqual(Array.from({ length: 60 }, () => 17));
  });

  it('has modules that depend on each other, on one and the next, and never in a circle', () => {
    const declared = Object.entries(modulesIn(join(folder, 'one'))).filter(([path]) => path.endsWith('/module.json'));
    const dependsOn = new Map(declared.map(([, text]) => JSON.parse(text)).map((each) => [each.name, each.dependsOn]));
    const depth = (name: string): number =>
      Math.max(0, ...(dependsOn.get(name) as string[]).map((other) => 1 + depth(other)));
    expect(Math.max(...[...dependsOn.keys()].map(depth))).toBe(4);
    expect([...dependsOn.keys()]).toEqual(expect.arrayContaining(['order', 'orders', 'contract', 'order-2']));
  });

  it('is not written where a module could not be whole, or where something is', async () => {
    const small = join(folder, 'small');
    await expect(generateRepository(small, { modules: 1, filesPerModule: 11 })).rejects.toThrow('12 files or more');
    expect(existsSync(small)).toBe(false);
    await expect(generateRepository(folder, { modules: 1, filesPerModule: 12 })).rejects.toThrow('is not empty');
  });
});
