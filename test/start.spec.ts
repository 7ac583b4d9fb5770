import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { processIdentity } from '#apps/cli/embedded/process-identity';
import { waitUntil } from './until.js';

/** A process starts in it, on a machine that does other things. In milliseconds. */
const LONG = 180_000;

/** A running `seamline start`, and what it printed until now. */
interface Running {
  child: ChildProcess;
  printed: () => string;
  /** The exit code, once it ended. */
  ended: Promise<number>;
}

describe('seamline start', () => {
  let folder: string;
  let home: string;
  let running: Running;
  let url: string;

  /** With a fresh environment: nothing that the tests run with may help it. */
  function start(env: Record<string, string>): Running {
    const child = spawn(process.execPath, ['bin/seamline.js', 'start'], {
      env: { PATH: process.env.PATH ?? '', LOG_LEVEL: 'silent', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
    return { child, printed: () => text, ended: once(child, 'close').then(([code]) => code as number) };
  }

  async function ready({ child, printed }: Running): Promise<string> {
    for await (const _ of child.stdout ?? []) {
      const found = /is ready on (\S+)/.exec(printed())?.[1];
      if (found !== undefined) return found;
    }
    throw new Error(printed());
  }

  const serverPid = () => Number(readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-start-'));
    chmodSync(folder, 0o755);
    home = join(folder, 'home');
    running = start({ SEAMLINE_HOME: home, PORT: '0' });
    url = await ready(running);
  }, LONG);
  afterAll(async () => {
    running.child.kill('SIGINT');
    await running.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it('serves, with a database of its own', async () => {
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(running.printed()).toContain('Starting the embedded PostgreSQL');
  });

  it('serves the API that docs/openapi.json tells of', async () => {
    const served = await (await fetch(`${url}/openapi.json`)).json();
    expect(served).toEqual(JSON.parse(readFileSync('docs/openapi.json', 'utf8')));
  });

  it('says who holds the home, since when and where, when it is started again', async () => {
    const second = start({ SEAMLINE_HOME: home, PORT: '0' });
    expect(await second.ended).toBe(1);
    expect(second.printed()).toMatch(
      new RegExp(`already runs on this home .*: process ${running.child.pid}, since 2.*, on ${url}\\.`),
    );
  });

  it('says who has the port, before anything is started', async () => {
    const { port } = new URL(url);
    const other = start({ SEAMLINE_HOME: join(folder, 'other'), PORT: port });
    expect(await other.ended).toBe(1);
    expect(other.printed()).toMatch(
      new RegExp(`^Port ${port} is taken by process ${running.child.pid} .*PORT=3001\\.\\n$`),
    );
  });

  it('lists every wrong setting, and nothing else', async () => {
    const wrong = start({ SEAMLINE_HOME: join(folder, 'other'), PORT: 'abc', LOG_LEVEL: 'loud' });
    expect(await wrong.ended).toBe(1);
    expect(wrong.printed()).toMatch(/^2 settings are wrong:\n {2}PORT .*\n {2}LOG_LEVEL .*\nCorrect .*\n$/);
  });

  it('says in a sentence that the database of DATABASE_URL cannot be reached', async () => {
    const lost = start({
      SEAMLINE_HOME: join(folder, 'other'),
      PORT: '0',
      DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/shop',
    });
    expect(await lost.ended).toBe(1);
    expect(lost.printed()).toContain('DATABASE_URL');
    expect(lost.printed()).not.toMatch(/hunter2|\n {4}at /);
  });

  it(
    'adopts the server that a kill left behind, and on Ctrl-C ends everything within seconds',
    async () => {
      const pid = serverPid();
      running.child.kill('SIGKILL');
      await running.ended;
      running = start({ SEAMLINE_HOME: home, PORT: '0' });
      url = await ready(running);
      expect(running.printed()).toContain('It was still running after an earlier start that was killed');
      expect(serverPid()).toBe(pid);

      const asked = performance.now();
      // One press arrives twice: from the terminal and from npm.
      running.child.kill('SIGINT');
      running.child.kill('SIGINT');
      expect(await running.ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);
      await waitUntil(async () => processIdentity(pid) === null, 5_000, 'PostgreSQL has ended');
    },
    LONG,
  );
});
