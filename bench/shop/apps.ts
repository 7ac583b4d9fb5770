import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { PART_OF, type Word } from '../../apps/cli/start/parent.js';
import { budgetOf } from '../../apps/cli/start/topology/connections.js';
import { newSecret } from '../../apps/cli/start/topology/kept-secret.js';
import { type Plan, type PlannedProcess, planTopology } from '../../apps/cli/start/topology/plan.js';
import type { Topology } from '../../src/shared-kernel/topology/topology.js';
import type { Stage } from '../harness/child.js';
import { HOST } from '../seamline/security.js';

export const ADMIN = { email: 'admin@bench.example', password: 'known to the bench, and to nobody else' };

/** Longer than an app gives itself. In milliseconds. */
const ENDS_WITHIN = 10_000;

export interface RunningApps {
  /** Where the public enters. */
  readonly front: { readonly host: string; readonly port: number };
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/**
 * All apps of a topology, one process each, placed and provided as `seamline start --topology` does it; but one that dies
 * stays dead, and fails the round. They end with this process, since the channel between them closes.
 */
export async function startApps(
  topology: Topology,
  { databaseUrl, folder }: Pick<Stage<unknown>, 'databaseUrl' | 'folder'>,
): Promise<RunningApps> {
  const file = join(folder, 'topology.json');
  await writeFile(file, JSON.stringify(topology));
  const common = {
    PATH: process.env.PATH ?? '',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    SEAMLINE_HOME: join(folder, 'home'),
    SEAMLINE_SECRET: newSecret(),
    SEAMLINE_ADMIN_EMAIL: ADMIN.email,
    SEAMLINE_ADMIN_PASSWORD: ADMIN.password,
    PORT: '0',
  };
  const plan = await planTopology(common, file);
  const children = plan.processes.map((each) => ({
    label: each.label,
    child: start({ ...common, ...own(each, plan) }),
  }));
  const stop = async () => {
    await Promise.all(children.map(({ child }) => ended(child)));
  };
  try {
    await Promise.all(children.map(({ child, label }) => ready(child, label)));
  } catch (error) {
    await stop();
    throw error;
  }
  const { http: front } = plan.processes.find(({ isFront }) => isFront) as PlannedProcess;
  return { front, pids: children.map(({ child }) => child.pid as number), stop };
}

function own(each: PlannedProcess, { file, addresses, processes }: Plan): Record<string, string> {
  return {
    ...addresses,
    SEAMLINE_TOPOLOGY: file,
    SEAMLINE_APP: each.app,
    CONNECTION_BUDGET: String(budgetOf(each, processes)),
    HOST: each.http.host,
    PORT: String(each.http.port),
    WIRE_HOST: HOST,
    WIRE_PORT: String(each.wirePort),
  };
}

function start(env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(join(import.meta.dirname, 'app.js'), {
    stdio: ['ignore', 'pipe', 2, 'ipc'],
    execArgv: [],
    env: { ...env, [PART_OF]: String(process.pid) },
  });
  // Its warnings; what it says of roles and schemas made for it is of no interest here.
  createInterface({ input: child.stdout as Readable }).on('line', (line) => {
    if (line.startsWith('{')) process.stderr.write(`${line}\n`);
  });
  return child;
}

function ready(child: ChildProcess, label: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('message', (word: Word) => {
      if ('ready' in word) resolve();
      else reject(new Error(`${label} cannot start. ${word.failed}`));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`${label} ended early (${signal ?? code}).`)));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await Promise.race([exit, pause(ENDS_WITHIN, undefined, { ref: false })]);
  child.kill('SIGKILL');
  await exit;
}
