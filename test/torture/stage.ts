import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { provision } from '#kernel/persistence/provision';
import type { Breakage } from './breakage.js';
import { Postgres } from './postgres.js';
import { WorkerProcess } from './worker-process.js';

const MODULES = ['ledger', 'mirror', 'audit'];

export interface StageOptions {
  readonly workers: number;
  /** The folder of another PostgreSQL's programs. */
  readonly postgresBin?: string | undefined;
  readonly breakage?: Breakage | undefined;
  readonly endedByItself: (life: string, how: string) => void;
}

/** Everything that a run needs and leaves behind: a folder, a PostgreSQL and the workers on it. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'seamline-torture-'));
  readonly workers: WorkerProcess[] = [];
  private starting: Promise<Postgres> | undefined;
  private connections: pg.Pool | undefined;
  private struck = false;

  async set({ workers, postgresBin, breakage, endedByItself }: StageOptions): Promise<void> {
    this.starting = Postgres.start(this.folder, postgresBin);
    const { url } = await this.starting;
    this.connections = new pg.Pool({ connectionString: url, max: 10 });
    // The plan takes its server away; whoever asks meanwhile hears of it by the answer.
    this.connections.on('error', () => undefined);
    const { ownerUrl, moduleUrls } = await provision({
      databaseUrl: url,
      modules: MODULES.map((name) => ({ name, schema: name })),
      credentialsFile: join(this.folder, 'database-roles.json'),
    });
    for (let number = 1; number <= workers && !this.struck; number++) {
      const options = { ownerUrl, moduleUrls, folder: this.folder };
      this.workers.push(new WorkerProcess(number, options, breakage, endedByItself));
    }
    await Promise.all(this.workers.map((worker) => worker.start()));
  }

  get server(): Promise<Postgres> {
    if (!this.starting) throw new Error('The stage is not set.');
    return this.starting;
  }

  /** As the superuser. */
  get pool(): pg.Pool {
    if (!this.connections) throw new Error('The stage is not set.');
    return this.connections;
  }

  /** Ends everything at once, at whatever stage of its life it is. The folder stays where somebody will want the logs. */
  async strike({ keepFolder }: { keepFolder: boolean }): Promise<void> {
    this.struck = true;
    for (const worker of this.workers) worker.destroy();
    await this.connections?.end().catch(() => undefined);
    await this.starting?.then((server) => server.crash()).catch(() => undefined);
    if (!keepFolder) rmSync(this.folder, { recursive: true, force: true });
  }
}
