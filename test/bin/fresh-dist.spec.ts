import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

const BUILDER = resolve('bin/fresh-dist.js');
const { freshDist }: { freshDist(root: string, options?: { onlyReads: boolean }): Promise<void> } = await import(
  BUILDER
);

describe('dist', () => {
  let root: string;
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  };
  const exists = (file: string) => existsSync(join(root, file));
  const dist = (file: string) => readFileSync(join(root, 'dist', file), 'utf8');

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'seamline-dist-'));
    copyFileSync('.swcrc', join(root, '.swcrc'));
  });
  beforeEach(async () => {
    for (const folder of ['apps', 'src']) rmSync(join(root, folder), { recursive: true, force: true });
    write('apps/shop/main.ts', 'export const answer: number = 42;\n');
    write('src/modules/orders/module.json', '{ "name": "orders" }');
    await freshDist(root);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it('holds the sources compiled, their JSON, and no tests', async () => {
    write('apps/shop/main.spec.ts', 'export {};\n');
    await freshDist(root);
    expect((await import(join(root, 'dist/apps/shop/main.js'))).answer).toBe(42);
    expect(dist('src/modules/orders/module.json')).toBe('{ "name": "orders" }');
    expect(exists('dist/apps/shop/main.spec.js')).toBe(false);
  });

  it('follows a change', async () => {
    write('apps/shop/main.ts', 'export const answer: number = 43;\n');
    await freshDist(root);
    expect(dist('apps/shop/main.js')).toContain('43');
  });

  it('loses what was removed from the sources', async () => {
    write('src/gone/gone.ts', 'export {};\n');
    await freshDist(root);
    expect(exists('dist/src/gone/gone.js')).toBe(true);
    rmSync(join(root, 'src/gone'), { recursive: true });
    await freshDist(root);
    expect(exists('dist/src/gone')).toBe(false);
  });

  it('is left alone when nothing changed', async () => {
    const before = statSync(join(root, 'dist/apps/shop/main.js')).mtimeMs;
    await freshDist(root);
    expect(statSync(join(root, 'dist/apps/shop/main.js')).mtimeMs).toBe(before);
  });

  it('stays as it was when a source does not compile, and says which', async () => {
    write('apps/shop/broken.ts', 'export const = ;\n');
    await expect(freshDist(root)).rejects.toThrow(/do not compile[\s\S]*broken\.ts/);
    expect(dist('apps/shop/main.js')).toContain('42');
    expect(exists('dist/apps/shop/broken.js')).toBe(false);
  });

  it('goes without a module that does not compile where it is only read, and is whole for nobody until it does', async () => {
    write('src/modules/orders/broken.ts', 'export const = ;\n');
    write('apps/shop/main.ts', 'export const answer: number = 45;\n');
    await freshDist(root, { onlyReads: true });
    expect(dist('apps/shop/main.js')).toContain('45');
    expect(exists('dist/src/modules/orders/broken.js')).toBe(false);
    await expect(freshDist(root)).rejects.toThrow(/do not compile[\s\S]*broken\.ts/);

    write('apps/cli/main.ts', 'export const = ;\n');
    await expect(freshDist(root, { onlyReads: true })).rejects.toThrow(/do not compile[\s\S]*apps\/cli\/main\.ts/);
  });

  it('is built again after a build that was cut short', async () => {
    rmSync(join(root, 'dist/.source-hash'));
    rmSync(join(root, 'dist/apps'), { recursive: true });
    await freshDist(root);
    expect(dist('apps/shop/main.js')).toContain('42');
  });

  it('is whole after several processes built it at once, and in place of one that died', async () => {
    write('apps/shop/main.ts', 'export const answer: number = 44;\n');
    const dead = promisify(execFile)(process.execPath, ['-p', 'process.pid'], { env: {} });
    write('.cache/build.lock', (await dead).stdout.trim());
    const script = `import(${JSON.stringify(pathToFileURL(BUILDER).href)}).then((m) => m.freshDist(${JSON.stringify(root)}))`;
    const build = () => promisify(execFile)(process.execPath, ['-e', script], { env: {} });
    await Promise.all([build(), build(), build()]);
    expect(dist('apps/shop/main.js')).toContain('44');
    expect(exists('.cache/build.lock')).toBe(false);
  });
});
