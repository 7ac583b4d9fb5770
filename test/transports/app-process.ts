import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '#test/until';
import type { App } from './placed-app.js';
import type { Run } from './run.js';

/** One instance of an app in a process of its own. */
export class AppProcess {
  private output = '';

  private constructor(
    readonly app: App,
    readonly instance: number,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (piece: Buffer) => {
        this.output += piece;
      });
  }

  static async start(run: Run): Promise<AppProcess> {
    const child = spawn(
      process.execPath,
      ['--conditions=seamline-src', fileURLToPath(new URL('process.js', import.meta.url)), JSON.stringify(run)],
      { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const started = new AppProcess(run.app, run.instance, child);
    await waitUntil(async () => started.says('ready') || started.hasEnded, 60_000, `${run.app} runs`);
    if (started.hasEnded) throw new Error(`It did not start:\n${started.output}`);
    return started;
  }

  says(line: string): boolean {
    return this.output.split('\n').slice(0, -1).includes(line);
  }

  /** As a power cut does. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }
}
