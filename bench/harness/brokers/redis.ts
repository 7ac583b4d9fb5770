import { execFileSync } from 'node:child_process';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import type { Broker } from './broker.js';
import { HOST, launch, onPath } from './server-process.js';

/** In memory alone, which is Redis at its fastest. */
export async function startRedis(): Promise<Broker | undefined> {
  const program = onPath('redis-server');
  if (!program) return undefined;
  const port = await freePort();
  const stop = await launch('redis', (folder) => ({
    program,
    args: ['--port', String(port), '--bind', HOST, '--dir', folder, '--save', '', '--appendonly', 'no'],
    port,
    ask: 'PING\r\n',
    greeting: '+PONG',
    withinSeconds: 10,
  }));
  const version = /v=(\S+)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  return { url: `redis://${HOST}:${port}`, version: `${version}, without a journal`, stop };
}
