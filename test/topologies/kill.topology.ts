import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { send } from '../http.js';
import { pause } from '../shop.js';
import { createEmptyDatabase, type EmptyDatabase } from '../test-database.js';
import { freePort } from '../transports/ports.js';

const ADMIN = { email: 'admin@shop.example', password: 'correct horse battery staple' };
/** The beginning of the real file: enough orders to be in the middle of when the process dies. */
const LINES = 600;
/** Orders begun per second, so that it is not over before it has been looked at. */
const PACE = '5';

describe('a kill -9 in mid-replay', () => {
  let database: EmptyDatabase;
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let url: string;
  let file: string;
  /** Outlives the restart, since the key that signed it does. */
  let token: string | undefined;
  const children = new Set<ChildProcess>();

  beforeAll(async () => {
    database = await createEmptyDatabase();
    folder = await mkdtemp(join(tmpdir(), 'seamline-kill-'));
    const port = await freePort();
    url = `http://localhost:${port}`;
    env = {
      ...process.env,
      NODE_OPTIONS: '',
      DATABASE_URL: database.databaseUrl,
      SEAMLINE_HOME: folder,
      PORT: String(port),
      SEAMLINE_ADMIN_EMAIL: ADMIN.email,
      SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
    };
    file = join(folder, 'orders.csv');
    const whole = await readFile('data/online-retail-2010-12-01-to-02.csv', 'utf8');
    await writeFile(
      file,
      whole
        .split('\n')
        .slice(0, LINES + 1)
        .join('\n'),
    );
  });
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL');
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  function seamline(...args: string[]): { child: ChildProcess; output: () => string; exit: Promise<number | null> } {
    const child = spawn(process.execPath, ['bin/seamline.js', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    const exit = once(child, 'exit').then(([code]) => {
      children.delete(child);
      return code as number | null;
    });
    return { child, output: () => output, exit };
  }

  async function start() {
    const server = seamline('start');
    await until(() => server.output().includes('is ready'), server.output);
    return server;
  }

  async function ordersPlaced(): Promise<number> {
    token ??= (await send<{ accessToken: string }>(url, 'POST', '/identity/sessions', { body: ADMIN })).body
      .accessToken;
    return (await send<{ items: unknown[] }>(url, 'GET', '/orders?limit=200', { token })).body.items.length;
  }

  it('loses nothing: the replay goes on after the restart and reconciles, and a second one does nothing twice', async () => {
    const first = await start();
    const replay = seamline('replay', file, '--url', url, '--rate', PACE);
    await until(async () => (await ordersPlaced()) >= 10, replay.output);
    expect({ replay: replay.child.exitCode, orders: (await ordersPlaced()) < 30 }).toEqual({
      replay: null,
      orders: true,
    });
    first.child.kill('SIGKILL');
    await first.exit;
    const second = await start();

    expect({ code: await replay.exit, said: replay.output() }).toMatchObject({ code: 0 });
    expect(replay.output()).toContain('Everything reconciles');
    const placed = await ordersPlaced();

    const again = seamline('replay', file, '--url', url);
    expect({ code: await again.exit, said: again.output() }).toMatchObject({ code: 0 });
    expect(await ordersPlaced()).toBe(placed);

    second.child.kill('SIGTERM');
    expect(await second.exit).toBe(0);
  }, 600_000);
});

async function until(condition: () => boolean | Promise<boolean>, output: () => string): Promise<void> {
  for (const end = Date.now() + 90_000; !(await condition()); await pause(50)) {
    if (Date.now() > end) throw new Error(`It did not come to that within 90 s:\n${output()}`);
  }
}
