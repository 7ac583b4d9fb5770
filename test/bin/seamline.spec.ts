import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

function seamline(root: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'bin/seamline.js'), ...args], { encoding: 'utf8' });
}

it('ends with 2 where it cannot begin, so that no check is taken for one that found something', () => {
  const root = mkdtempSync(join(tmpdir(), 'seamline-bin-'));
  cpSync('bin', join(root, 'bin'), { recursive: true });
  const { status, stderr } = seamline(root, 'check');
  rmSync(root, { recursive: true });
  expect(stderr).toMatch(/^package-lock\.json is missing; restore it .*\n$/);
  expect(status).toBe(2);
});

describe('with a file of a module that cannot be read', () => {
  const ORDERS = 'src/modules/orders';
  const SOURCE = `${ORDERS}/domain/order.ts`;
  let root: string;
  let declaration: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'seamline-bin-'));
    const files = [
      '.dependency-cruiser.js',
      '.swcrc',
      'package.json',
      'package-lock.json',
      'topology.json',
      'tsconfig.json',
    ];
    for (const path of [...files, 'apps', 'bin', 'docs', 'src', 'test'])
      cpSync(path, join(root, path), { recursive: true });
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    declaration = readFileSync(join(root, ORDERS, 'module.json'), 'utf8');
  });
  beforeEach(() => {
    cpSync(SOURCE, join(root, SOURCE));
    writeFileSync(join(root, ORDERS, 'module.json'), declaration);
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  const check = () => {
    const { status, stdout } = seamline(root, 'check', '--only', 'imports,contracts,topology', '--format', 'json');
    const { violations, walls } = JSON.parse(stdout);
    const places = violations.map((each: Record<string, unknown>) => `${each.rule} ${each.file}:${each.line}`);
    return {
      status,
      broken: places.filter((place: string) => place.includes(ORDERS)),
      notes: walls.flatMap(({ notes }: { notes: string[] }) => notes),
      trouble: walls.flatMap(({ trouble }: { trouble?: string }) => trouble ?? []),
    };
  };
  const breakSource = () =>
    writeFileSync(join(root, SOURCE), `\nexport const x = {{{ ;\n${readFileSync(SOURCE, 'utf8')}`);
  const breakDeclaration = () => writeFileSync(join(root, ORDERS, 'module.json'), '{\n  "name": "orders",\n');

  it('checks all the same, and names a source that does not parse', () => {
    breakSource();
    expect(check()).toEqual({
      status: 1,
      broken: [`source-can-be-read ${SOURCE}:2`],
      notes: [`docs/openapi.json was left out: ${SOURCE} does not compile.`],
      trouble: [],
    });
  });

  it('checks all the same, and names a declaration that is no JSON, once', () => {
    breakDeclaration();
    expect(check()).toEqual({
      status: 1,
      broken: [`module-declares-itself ${ORDERS}/module.json:3`],
      notes: [
        expect.stringMatching(/^docs\/openapi\.json was left out: src\/modules\/orders\/module\.json is no JSON: /),
      ],
      trouble: [],
    });
  });

  it('holds no page against a part of the sources', () => {
    breakDeclaration();
    const { status, stdout } = seamline(root, 'check', '--only', 'docs');
    expect(stdout).toMatch(/^src\/modules\/orders\/module\.json cannot be read.* nobody can tell .* stale\.$/m);
    expect(stdout).toMatch(/^docs {10}1 wrong/m);
    expect(stdout).not.toContain('<svg');
    expect(status).toBe(1);
  });

  it('draws what can be read', () => {
    breakSource();
    const { status, stdout } = seamline(root, 'graph', '--format', 'mermaid', '--no-violations');
    expect(stdout).toContain('m_orders');
    expect(status).toBe(0);
  });

  it('writes nothing new beside what it could not write its pages from, and names that', () => {
    breakDeclaration();
    const { status, stderr } = seamline(root, 'new', 'event', 'orders.order-delayed');
    expect(stderr).toContain(`${ORDERS}/module.json is no JSON`);
    expect(stderr).toContain('Nothing was written');
    expect(stderr).not.toContain('dist/');
    expect(status).toBe(1);
  });

  it('does not start', () => {
    breakSource();
    const { status, stderr } = seamline(root, 'start');
    expect(stderr).toMatch(/do not compile[\s\S]*order\.ts/);
    expect(status).toBe(2);
  });
});
