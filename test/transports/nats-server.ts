import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '#test/until';
import { freezeWhole } from './freeze.js';
import { freePort } from './ports.js';

export const HOST = '127.0.0.1';
/** Where Debian puts it, which is not on everybody's path. */
const PLACES = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;

/** A server of its own on a port that was free, without JetStream, so that it has nowhere to keep anything. */
export class NatsServerProcess {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  /** @param configuration more of it, as in the server's own file */
  static async start(configuration = ''): Promise<NatsServerProcess> {
    const server = new NatsServerProcess(await freePort(), mkdtempSync(join(tmpdir(), 'seamline-nats-')));
    writeFileSync(server.configuration, `listen: "${HOST}:${server.port}"\n${configuration}\n`);
    await server.start();
    return server;
  }

  /** Why none can be started here, in one line. */
  static async missing(): Promise<string | undefined> {
    const asked = spawn('nats-server', ['--version'], { env: { PATH: PLACES }, stdio: 'ignore' });
    const [code] = await once(asked, 'exit').catch((error: Error) => [error.message]);
    return code === 0 ? undefined : `nats-server is not installed (apt-get install nats-server): ${code}`;
  }

  async start(): Promise<void> {
    const child = spawn('nats-server', ['-c', this.configuration], {
      env: { PATH: PLACES },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    child.stderr.on('data', (piece: Buffer) => {
      this.output += piece;
    });
    await waitUntil(async () => child.exitCode !== null || (await this.greets()), 30_000, 'nats-server greets');
    if (child.exitCode !== null) throw new Error(`nats-server did not start:\n${this.output}`);
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  freeze(): void {
    if (this.child?.pid) freezeWhole(this.child.pid);
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }

  private get configuration(): string {
    return join(this.folder, 'nats.conf');
  }

  private async greets(): Promise<boolean> {
    const socket = connect({ host: HOST, port: this.port });
    try {
      await once(socket, 'data', { signal: AbortSignal.timeout(1_000) });
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
