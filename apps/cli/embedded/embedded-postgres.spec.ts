import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.js';
import { processIdentity } from './process-identity.js';

/** Nothing here has to survive a crash of the machine. */
const FAST = { fsync: 'off', full_page_writes: 'off' };
const isRoot = process.getuid?.() === 0;

async function ask(server: EmbeddedPostgres, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}

const pidFile = (server: EmbeddedPostgres) => join(server.dataDirectory, 'postmaster.pid');
const pidOf = (server: EmbeddedPostgres) => Number(readFileSync(pidFile(server), 'utf8').split('\n')[0]);
const portOf = (server: EmbeddedPostgres) => Number(new URL(server.url).port);

const isAlive = (pid: number) => processIdentity(pid) !== null;

async function killed(server: EmbeddedPostgres): Promise<void> {
  const pid = pidOf(server);
  process.kill(pid, 'SIGKILL');
  while (isAlive(pid)) await pause(10);
}

describe('the embedded PostgreSQL', () => {
  let folder: string;
  let home: string;
  const started = new Set<EmbeddedPostgres>();

  async function start(options: { settings?: Record<string, string | number>; port?: number; home?: string } = {}) {
    const { settings, ...others } = options;
    const server = await startEmbeddedPostgres({ home, say: () => {}, settings: { ...FAST, ...settings }, ...others });
    started.add(server);
    return server;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seamline-embedded-'));
    chmodSync(folder, 0o755);
    home = join(folder, 'home');
    await (await start()).stop();
  });
  afterEach(async () => {
    for (const server of started) await server.stop(0);
    started.clear();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is ready for logical replication, sorts the same everywhere, and is reached from this machine only', async () => {
    const server = await start();
    const settings = `select current_setting('wal_level'), current_setting('listen_addresses'),
      current_setting('unix_socket_directories'), current_setting('password_encryption')`;
    expect(await ask(server, settings)).toEqual(['logical', '127.0.0.1', '', 'scram-sha-256']);
    const database = `select pg_encoding_to_char(encoding), datlocprovider, datlocale from pg_database where datname = 'seamline'`;
    expect(await ask(server, database)).toEqual(['UTF8', 'b', 'C.UTF-8']);
    expect(await ask(server, `select 'a' < 'B', upper('é')`)).toEqual([false, 'É']);
  });

  it('lets nobody in without the password, which is kept from others', async () => {
    const server = await start();
    const url = new URL(server.url);
    url.password = 'wrong';
    await expect(ask({ ...server, url: url.href }, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    expect(statSync(join(home, 'postgres.password')).mode & 0o777).toBe(0o600);
    expect(statSync(server.dataDirectory).mode & 0o777).toBe(0o700);
  });

  it('keeps its data and its port from one start to the next', async () => {
    const first = await start();
    await ask(first, 'create table kept (n int)');
    await first.stop();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(second.adopted).toBe(false);
    expect(await ask(second, 'select count(*) from kept')).toEqual(['0']);
  });

  it('moves to another port when its own was taken meanwhile', async () => {
    const first = await start();
    await first.stop();
    const other = await listenOn(portOf(first));
    const second = await start();
    other.close();
    expect(portOf(second)).not.toBe(portOf(first));
    expect(await ask(second, 'select 1')).toEqual([1]);
  });

  it('says so when the port it must use is taken', async () => {
    const other = await listenOn(0);
    const { port } = other.address() as { port: number };
    await expect(start({ port })).rejects.toThrow(`${port} is taken`);
    other.close();
  });

  it('is adopted when it outlived the process that started it', async () => {
    const first = await start();
    const second = await start();
    expect(second.adopted).toBe(true);
    expect(second.url).toBe(first.url);
    const pid = pidOf(second);
    await second.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('is started again when it runs with other settings than it should', async () => {
    const pid = pidOf(await start());
    const second = await start({ settings: { work_mem: '8MB' } });
    expect(second.adopted).toBe(false);
    expect(isAlive(pid)).toBe(false);
    expect(await ask(second, `select current_setting('work_mem')`)).toEqual(['8MB']);
  });

  it('recovers after it was killed itself', async () => {
    const first = await start();
    await ask(first, 'create table survived (n int)');
    await killed(first);
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(await ask(second, 'select count(*) from survived')).toEqual(['0']);
  });

  it('starts although the number in the file it left behind belongs to another program by now', async () => {
    const first = await start();
    await killed(first);
    const left = readFileSync(pidFile(first), 'utf8');
    writeFileSync(pidFile(first), left.replace(/^\d+/, String(process.ppid)));
    expect(await ask(await start(), 'select 1')).toEqual([1]);
    expect(isAlive(process.ppid)).toBe(true);
  });

  it('is made anew when an earlier making was interrupted', async () => {
    const fresh = join(folder, 'fresh');
    mkdirSync(join(fresh, 'postgres.new-1-1'), { recursive: true });
    writeFileSync(join(fresh, 'postgres.new-1-1', 'PG_VERSION'), '18\n');
    const said: string[] = [];
    const abort = new AbortController();
    const begun = startEmbeddedPostgres({
      home: fresh,
      settings: FAST,
      signal: abort.signal,
      say: (line) => {
        said.push(line);
        setTimeout(() => abort.abort(), 200);
      },
    });
    await expect(begun).rejects.toMatchObject({ name: 'AbortError' });
    expect(existsSync(join(fresh, 'postgres'))).toBe(false);

    const server = await start({ home: fresh });
    expect(await ask(server, 'select 1')).toEqual([1]);
    expect(existsSync(join(fresh, 'postgres.new-1-1'))).toBe(false);
  });

  it('refuses data that another major version wrote', async () => {
    const old = join(folder, 'old');
    mkdirSync(join(old, 'postgres'), { recursive: true });
    writeFileSync(join(old, 'postgres', 'PG_VERSION'), '17\n');
    await expect(start({ home: old })).rejects.toThrow(/written by PostgreSQL 17; the embedded server is 18/);
  });

  it('says so when the password was lost', async () => {
    const file = join(home, 'postgres.password');
    const password = readFileSync(file);
    writeFileSync(file, 'another');
    await expect(start()).rejects.toThrow(/does not accept the password/);
    writeFileSync(file, password);
    expect((await start()).adopted).toBe(true);
  });

  const asRoot = isRoot ? it : it.skip;

  asRoot('runs as somebody else when we are root', async () => {
    const server = await start();
    expect(statSync(`/proc/${pidOf(server)}`).uid).not.toBe(0);
  });

  asRoot('lives where its user can reach it when the home lies below a closed folder, and says so', async () => {
    const closed = join(folder, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const said: string[] = [];
    const sheltered = await startEmbeddedPostgres({
      home: join(closed, 'home'),
      say: (line) => said.push(line),
      settings: FAST,
    });
    started.add(sheltered);
    try {
      expect(said.join('\n')).toContain(`lives in ${sheltered.dataDirectory}`);
      expect(sheltered.dataDirectory).not.toContain(folder);
      expect(await ask(sheltered, 'select 1')).toEqual([1]);
      expect((await start({ home: join(closed, 'home') })).adopted).toBe(true);

      rmSync(join(closed, 'home'), { recursive: true });
      await expect(
        startEmbeddedPostgres({
          home: join(closed, 'home'),
          say: (line) => said.push(line),
          settings: FAST,
          signal: AbortSignal.abort(),
        }),
      ).rejects.toThrow(/abort/i);
      expect(said.join('\n')).toContain('was set aside as');
    } finally {
      await sheltered.stop(0);
      rmSync(dirname(sheltered.dataDirectory), { recursive: true, force: true });
    }
  });
});

function listenOn(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}
