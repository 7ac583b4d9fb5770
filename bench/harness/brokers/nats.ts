import { execFileSync } from 'node:child_process';
import { freePort } from '../../../apps/cli/embedded/free-port.js';
import type { Broker } from './broker.js';
import { HOST, launch, onPath } from './server-process.js';

/** Without JetStream: what travels is kept by whoever sends it. */
export async function startNats(): Promise<Broker | undefined> {
  const program = onPath('nats-server');
  if (!program) return undefined;
  const port = await freePort();
  const stop = await launch('nats', () => ({
    program,
    args: ['-a', HOST, '-p', String(port)],
    port,
    greeting: 'INFO',
    withinSeconds: 10,
  }));
  const version = /v(\d\S*)/.exec(execFileSync(program, ['--version'], { encoding: 'utf8' }))?.[1] ?? 'unknown';
  return { url: `nats://${HOST}:${port}`, version: `${version}, without JetStream`, stop };
}
