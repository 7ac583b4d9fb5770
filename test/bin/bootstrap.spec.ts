import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

interface Entry {
  version: string;
  integrity?: string;
  optional?: boolean;
  dev?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
}
type Packages = Record<string, Entry>;

interface Bootstrap {
  bootstrap(options: { root: string; tests?: boolean; say: (line: string) => void }): Promise<string>;
  reasonToInstall(root: string, tests?: boolean): string | null;
  firstDifference(
    wanted: Packages,
    installed: Packages,
    on: { tests: boolean; platform: string; arch: string },
  ): string | null;
  satisfies(version: string, range: string): boolean;
}

const { bootstrap, reasonToInstall, firstDifference, satisfies }: Bootstrap = await import(resolve('bin/bootstrap.js'));

const A: Packages = { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } };

describe('what an install would change', () => {
  const here = { tests: true, platform: 'linux', arch: 'x64' };
  const forMac: Entry = { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] };
  const forHere: Entry = { version: '1.0.0', optional: true, os: ['linux'], cpu: ['x64'] };

  it.each<[string, string | null, Packages, Packages]>([
    ['nothing, when all is there', null, A, A],
    ['a package that is not there', 'node_modules/a', A, {}],
    ['a package of another version', 'node_modules/a', A, { 'node_modules/a': { version: '1.0.1' } }],
    [
      'a package of another content',
      'node_modules/a',
      A,
      { 'node_modules/a': { version: '1.0.0', integrity: 'sha512-b' } },
    ],
    ['a package that has no place any more', 'node_modules/b', A, { ...A, 'node_modules/b': { version: '1.0.0' } }],
    ['nothing, when only another platform misses something', null, { ...A, 'node_modules/mac': forMac }, A],
    ['an optional package of this platform', 'node_modules/swc', { ...A, 'node_modules/swc': forHere }, A],
    ['nothing for another C library', null, { ...A, 'node_modules/musl': { ...forHere, libc: ['musl'] } }, A],
  ])('is %s', (_what, expected, wanted, installed) => {
    expect(firstDifference(wanted, installed, here)).toBe(expected);
  });

  it('spares whoever left out the packages for development, until the tests run', () => {
    const wanted = { ...A, 'node_modules/jest': { version: '30.0.0', dev: true } };
    expect(firstDifference(wanted, A, { ...here, tests: false })).toBeNull();
    expect(firstDifference(wanted, A, here)).toBe('node_modules/jest');
  });
});

describe('a range of Node', () => {
  it.each([
    ['24.9.0', true],
    ['24.21.0', true],
    ['25.0.0', true],
    ['24.8.9', false],
    ['20.20.2', false],
  ])('>=24.9: %s fits, %s', (version, fits) => {
    expect(satisfies(version, '>=24.9')).toBe(fits);
  });
});

describe('a checkout', () => {
  let root: string;
  let said: string[];
  let callerOfNpm: string | undefined;
  const say = (line: string) => said.push(line);
  const lock = (packages: Packages) =>
    JSON.stringify({ lockfileVersion: 3, packages: { '': { version: '0' }, ...packages } });
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  const installed = (packages: Packages) => {
    mkdirSync(join(root, 'node_modules'));
    write('node_modules/.package-lock.json', lock(packages));
  };
  const installs = () => readFileSync(join(root, 'npm.log'), 'utf8').trim().split('\n');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'seamline-checkout-'));
    said = [];
    write('package.json', JSON.stringify({ engines: { node: '>=24.9' } }));
    write('package-lock.json', lock(A));
    write('npm.log', '');
    callerOfNpm = process.env.npm_execpath;
    npmIs(
      `mkdirSync('node_modules', { recursive: true }); copyFileSync('package-lock.json', 'node_modules/.package-lock.json');`,
    );
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
    if (callerOfNpm === undefined) delete process.env.npm_execpath;
    else process.env.npm_execpath = callerOfNpm;
  });

  /** Puts a program in the place of npm that notes its arguments and does this. */
  function npmIs(does: string): void {
    mkdirSync(join(root, 'npm'), { recursive: true });
    const begin = `const { appendFileSync, copyFileSync, mkdirSync } = require('node:fs');`;
    write('npm/npm-cli.js', `${begin} appendFileSync('npm.log', process.argv[2] + '\\n'); ${does}`);
    process.env.npm_execpath = join(root, 'npm/npm-cli.js');
  }

  it('is installed when there are no packages, and not again', async () => {
    expect(await bootstrap({ root, say })).toBe(process.execPath);
    await bootstrap({ root, say });
    expect(installs()).toEqual(['ci']);
    expect(said[0]).toMatch(/^Installing the packages with "npm ci" \(node_modules is missing\)/);
  });

  it('is installed again when the lockfile names other packages', async () => {
    await bootstrap({ root, say });
    write('package-lock.json', lock({ 'node_modules/a': { version: '2.0.0' } }));
    expect(reasonToInstall(root)).toBe('node_modules/a differs from package-lock.json');
    await bootstrap({ root, say });
    expect(installs()).toEqual(['ci', 'ci']);
    expect(reasonToInstall(root)).toBeNull();
  });

  it('is not installed again after a plain npm ci', () => {
    installed(A);
    expect(reasonToInstall(root)).toBeNull();
    const hash = createHash('sha256').update(lock(A)).digest('hex');
    expect(readFileSync(join(root, 'node_modules/.seamline-lock-hash'), 'utf8')).toBe(hash);
  });

  it('still wants the packages for development after an install without them', () => {
    write('package-lock.json', lock({ ...A, 'node_modules/jest': { version: '30.0.0', dev: true } }));
    installed(A);
    expect(reasonToInstall(root)).toBeNull();
    expect(reasonToInstall(root, true)).toBe('node_modules/jest differs from package-lock.json');
  });

  it('is installed again after an interrupted install', async () => {
    installed({ 'node_modules/a': { version: '0.9.0' } });
    npmIs(`process.kill(process.pid, 'SIGKILL')`);
    await expect(bootstrap({ root, say })).rejects.toThrow(/interrupted; run the command again/);
    expect(reasonToInstall(root)).toBe('an earlier install was interrupted');
  });

  it('ends npm at once when it is interrupted', async () => {
    npmIs(`process.on('SIGINT', () => {}); setTimeout(() => {}, 60_000);`);
    const script = `import(${JSON.stringify(resolve('bin/bootstrap.js'))}).then((m) =>
      m.bootstrap({ root: ${JSON.stringify(root)} })).catch((error) => { console.log(error.message); });`;
    const env = { ...process.env, NODE_OPTIONS: '' };
    const command = spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    while (readFileSync(join(root, 'npm.log'), 'utf8') === '') await pause(20);
    command.kill('SIGINT');
    const [answer] = await once(command.stdout, 'data');
    expect(String(answer)).toBe('The install was interrupted; run the command again to finish it.\n');
    await once(command, 'close');
  });

  it('is not installed for ever where npm leaves out an optional package that does not install here', async () => {
    const optional = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] };
    write('package-lock.json', lock({ ...A, 'node_modules/fussy': optional }));
    npmIs(`mkdirSync('node_modules'); copyFileSync('npm/lock.json', 'node_modules/.package-lock.json');`);
    write('npm/lock.json', lock(A));
    await bootstrap({ root, say });
    await bootstrap({ root, say });
    expect(installs()).toEqual(['ci']);
  });

  it('says what npm said when it fails', async () => {
    npmIs(`console.error('npm error no space left'); process.exitCode = 7;`);
    await expect(bootstrap({ root, say })).rejects.toThrow(/^npm error no space left\n.*npm ended with 7/);
  });

  it('is installed once when two commands begin at the same time', async () => {
    await Promise.all([bootstrap({ root, say }), bootstrap({ root, say })]);
    expect(installs()).toEqual(['ci']);
    expect(said).toContainEqual(expect.stringMatching(/^Another process \(\d+\) is installing/));
  });

  it('names the version of Node where none that fits can be had', async () => {
    installed(A);
    write('package.json', JSON.stringify({ engines: { node: '>=99.1' } }));
    write('.node-version', '99.2.0\n');
    await expect(bootstrap({ root, say })).rejects.toThrow(
      /^Seamline needs Node 99\.1 or newer;.*Install Node 99\.2\.0/,
    );
  });
});
