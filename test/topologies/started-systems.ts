import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ADMIN } from '../shop.js';
import { type Running, run, seamline } from './seamline.js';

/** Systems that a suite starts on homes of its own, in a folder that is gone with them at the end. */
export class StartedSystems {
  readonly folder = mkdtempSync(join(tmpdir(), 'seamline-topology-'));
  private readonly running = new Set<Running>();

  constructor() {
    chmodSync(this.folder, 0o755);
  }

  /** `seamline start …`, or a main of an app. */
  start(args: readonly string[], env: Record<string, string>): Running {
    const started = args[0] === 'start' ? seamline(args, env) : run(args, env);
    this.running.add(started);
    void started.ended.then(() => this.running.delete(started));
    return started;
  }

  /** A file with this topology, or with this text. */
  written(name: string, topology: unknown): string {
    const file = join(this.folder, `${name}.json`);
    writeFileSync(file, typeof topology === 'string' ? topology : JSON.stringify(topology));
    return file;
  }

  env(home: string, more: Record<string, string> = {}): Record<string, string> {
    return {
      SEAMLINE_HOME: join(this.folder, home),
      PORT: '0',
      SEAMLINE_ADMIN_EMAIL: ADMIN.email,
      SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
      ...more,
    };
  }

  /** Ends all that still run. */
  async end(): Promise<void> {
    await Promise.all([...this.running].map(stop));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** As Ctrl-C does. @returns the exit code */
export async function stop({ child, ended }: Running): Promise<number> {
  child.kill('SIGINT');
  return ended;
}
