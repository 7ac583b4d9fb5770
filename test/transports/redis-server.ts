import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil } from '#test/until';
import { freezeWhole } from './freeze.js';
import { freePort } from './ports.js';

export const HOST = '127.0.0.1';

/** A Redis of its own on a port that was free. As Debian sets it up it keeps no journal, so a power cut takes all it had. */
export class RedisServerProcess {
  private child: ChildProcess | undefined;
  private output = '';

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly more: readonly string[],
  ) {}

  /** @param more arguments, as `--requirepass`, `secret`; in place of the port for TLS, `--tls-port` */
  static async start(...more: readonly string[]): Promise<RedisServerProcess> {
    const server = new RedisServerProcess(await freePort(), mkdtempSync(join(tmpdir(), 'seamline-redis-')), more);
    await server.start();
    return server;
  }

  /** Why none can be started here, in one line. */
  static async missing(): Promise<string | undefined> {
    const asked = spawn('redis-server', ['--version'], { stdio: 'ignore' });
    const [code] = await once(asked, 'exit').catch((error: Error) => [error.message]);
    return code === 0 ? undefined : `redis-server is not installed (apt-get install redis-server): ${code}`;
  }

  /** Past any proxy. */
  get url(): string {
    return this.urlVia(this.port);
  }

  urlVia(port: number): string {
    return `redis://${HOST}:${port}`;
  }

  async start(): Promise<void> {
    const port = this.more.includes('--tls-port') ? 'tls-port' : 'port';
    const more = this.more.filter((each) => each !== '--tls-port');
    const own = [`--${port}`, `${this.port}`, '--bind', HOST, '--dir', this.folder, '--save', '', '--appendonly', 'no'];
    const plain = port === 'port' ? [] : ['--port', '0'];
    const child = spawn('redis-server', [...plain, ...own, ...more], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (piece: Buffer) => {
        this.output = (this.output + piece).slice(-10_000);
      });
    await waitUntil(async () => child.exitCode !== null || (await this.listens()), 30_000, 'redis-server listens');
    if (child.exitCode !== null) throw new Error(`redis-server did not start:\n${this.output}`);
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

  private async listens(): Promise<boolean> {
    const socket = connect({ host: HOST, port: this.port });
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }
}
