import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../apps/cli/embedded/free-port.js';

export interface RedisServer {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

export interface NoRedis {
  /** Why what needs Redis is left out. */
  readonly missing: string;
}

/**
 * A Redis of the bench's own, in memory alone, which is Redis at its fastest; else the one that REDIS_URL names; else
 * the reason why there is none.
 */
export async function startRedis(): Promise<RedisServer | NoRedis> {
  const program = onPath('redis-server');
  if (program) return start(program);
  const given = process.env.REDIS_URL;
  if (given) return { url: given, version: 'given by REDIS_URL', stop: async () => {} };
  return { missing: 'no redis-server on PATH and no REDIS_URL' };
}

function onPath(program: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

async function start(program: string): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'seamline-bench-redis-'));
  const port = await freePort();
  const options = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  // In a group of its own, so that a Ctrl-C reaches it through us alone, when nobody needs it any more.
  const server = spawn(program, options, { stdio: 'ignore', detached: true });
  const stop = async () => {
    await ended(server);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilItAnswers(server, port);
  } catch (error) {
    await stop();
    throw error;
  }
  const version = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  return { url: `redis://127.0.0.1:${port}`, version, stop };
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGKILL');
  await exit;
}

async function untilItAnswers(server: ChildProcess, port: number): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end && server.exitCode === null; await pause(20)) {
    if (await answers(port)) return;
  }
  throw new Error(`redis-server did not come up on port ${port} (exit code ${server.exitCode}).`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const say = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('data', (data) => say(data.toString().startsWith('+PONG')));
    socket.once('error', () => say(false));
  });
}
