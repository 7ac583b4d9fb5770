import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const HOST = '127.0.0.1';

/** Where Debian puts servers, which is not on everybody's path. */
const MORE_PLACES = ['/usr/sbin', '/usr/local/sbin'];

export function onPath(program: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), ...MORE_PLACES]
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** On which it is to be heard. */
  readonly port: number;
  /** Said to it first, where it does not greet by itself. */
  readonly ask?: string;
  /** How its first word begins. */
  readonly greeting: string;
  readonly withinSeconds: number;
}

/** Starts a server with a folder of its own, and waits until it greets. */
export async function launch(
  name: string,
  launchIn: (folder: string) => Launch | Promise<Launch>,
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), `seamline-bench-${name}-`));
  const { program, args, env = process.env, port, ask, greeting, withinSeconds } = await launchIn(folder);
  // In a group of its own, so that a Ctrl-C reaches it through us alone, when nobody needs it any more.
  const server = spawn(program, args, { stdio: 'ignore', detached: true, env });
  const stop = async () => {
    await ended(server);
    await rm(folder, { recursive: true, force: true });
  };
  for (const end = Date.now() + withinSeconds * 1000; Date.now() < end && server.exitCode === null; await pause(50)) {
    if (await greets(port, ask, greeting)) return stop;
  }
  await stop();
  throw new Error(`${program} did not come up on port ${port} (exit code ${server.exitCode}).`);
}

/** With all its helpers. */
async function ended(server: ChildProcess): Promise<void> {
  if (!server.pid || server.exitCode !== null || server.signalCode !== null) return;
  const exit = new Promise((resolve) => server.once('exit', resolve));
  process.kill(-server.pid, 'SIGKILL');
  await exit;
}

function greets(port: number, ask: string | undefined, greeting: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => ask && socket.write(ask));
    const say = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => say(false));
    socket.once('data', (data) => say(data.toString().startsWith(greeting)));
    socket.once('error', () => say(false));
    socket.once('close', () => say(false));
  });
}
