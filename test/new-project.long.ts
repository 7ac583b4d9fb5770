import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runCommandLine } from '#apps/cli/new/command-line';
import { planCommand } from '#apps/cli/new/kinds/new-command';
import { planEvent } from '#apps/cli/new/kinds/new-event';
import { planModule } from '#apps/cli/new/kinds/new-module';
import { planQuery } from '#apps/cli/new/kinds/new-query';
import { planUseCase } from '#apps/cli/new/kinds/new-use-case';
import type { Plan } from '#apps/cli/new/plan';
import { makeProject } from '#apps/cli/new/project/make-project';
import { refresh } from '#apps/cli/new/refresh';
import type { Repository } from '#apps/cli/new/repository';
import { run } from '#apps/cli/new/run';

/** For what compiles a project, on a machine that has much else to do. In milliseconds. */
const LONG = 300_000;
/** All but the database, which the specs meet anyway, and the types, which are looked at for the modules alone. */
const CHECKS = 'format,docs,imports,contracts,topology';

/** What is written into the project, which begins with a module of its own. */
const ADDED: readonly ((repository: Repository) => Plan)[] = [
  (r) => planModule(r, { name: 'order', entity: 'order-line', dependsOn: ['guestbook'] }),
  (r) => planEvent(r, { name: 'order.order-line-dropped', key: 'orderLineId' }),
  (r) => planCommand(r, { name: 'order.drop-order-line', key: 'orderLineId' }),
  (r) => planQuery(r, { name: 'order.total' }),
  (r) => planUseCase(r, { name: 'guestbook.strike-entry', kind: 'command' }),
  (r) => planUseCase(r, { name: 'guestbook.latest-entries', kind: 'query' }),
];

describe('a new project', () => {
  let folder: string;
  let project: string;
  const said: string[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-project-'));
    project = join(folder, 'library');
    await makeProject(project, {}, (line) => said.push(line));
    for (const plan of ADDED) await run({ root: project, dryRun: false }, plan, () => undefined);
    symlinkSync(resolve('node_modules'), join(project, 'node_modules'));
  }, LONG);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const node = async (program: string, args: string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [resolve(program), ...args], {
      cwd: project,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const code = new Promise((done) => child.on('close', done));
    const output = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, output: output.join('') };
  };

  it('has a name of its own, nothing of the shop, and nothing that was made on the way', () => {
    expect(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))).toMatchObject({ name: 'library' });
    expect(JSON.parse(readFileSync(join(project, 'docs/openapi.json'), 'utf8')).info.title).toBe('library');
    expect(readdirSync(join(project, 'src/modules')).sort()).toEqual(['guestbook', 'identity', 'order']);
    expect(existsSync(join(project, 'data'))).toBe(false);
    expect(existsSync(join(project, 'dist'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['library']);
    expect(statSync(join(project, '.ci/run')).mode & 0o111).toBe(0o111);
    expect(said).toContain('  npm test');
  });

  it(
    'passes its checks, as does what is added to it',
    async () => {
      await refresh(project, new AbortController().signal);
      const { code, output } = await runCommandLine(project, [['check', '--only', CHECKS]]);
      expect({ code, output: code === 0 ? '' : output }).toEqual({ code: 0, output: '' });
    },
    LONG,
  );

  it(
    'has modules that the compiler takes',
    async () => {
      const configuration = { extends: './tsconfig.json', include: ['src/modules'] };
      writeFileSync(join(project, 'tsconfig.modules.json'), JSON.stringify(configuration));
      const compiled = await node('node_modules/typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.modules.json']);
      expect(compiled).toEqual({ code: 0, output: '' });
    },
    LONG,
  );

  it(
    'passes the specs of what is added to it',
    async () => {
      const specs = [
        'order.spec',
        'add-order-line.spec',
        'carry-out-drop-order-line',
        'answer-total',
        'latest-entries',
      ];
      const { code, output } = await node('node_modules/jest/bin/jest.js', ['--runInBand', ...specs], {
        NODE_OPTIONS: '--experimental-vm-modules',
        TEST_DATABASE_URL: process.env.SEAMLINE_TEST_DATABASE_URL ?? '',
      });
      expect({ code, output }).toMatchObject({
        code: 0,
        output: expect.stringMatching(`Test Suites: +${specs.length} passed, ${specs.length} total`),
      });
    },
    LONG,
  );
});
