import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export type BrokerName = 'redis' | 'rabbitmq' | 'nats';
export type Addresses = Readonly<Partial<Record<BrokerName, string>>>;

/** What a candidate gets to work on, in a process of its own. */
export interface Stage<Work> {
  /** An empty database, as an administrator. */
  readonly databaseUrl: string;
  /** Of the brokers that there are; a candidate that says what it needs has it. */
  readonly brokers: Addresses;
  /** A folder of its own. */
  readonly folder: string;
  readonly work: Work;
  /** The only one that may run its JavaScript; any when absent. */
  readonly processor?: number;
}

/** What one half of a candidate of two processes gets: the word of the other one, which was ready before. */
export interface StageBeside<Work, Ready> extends Stage<Work> {
  readonly beside: Ready;
}

/** What a function answers whose process goes on until it is told to end. */
export interface Lasting<Ready = unknown, Other = unknown, Result = unknown> {
  readonly ready: Ready;
  /** @param other what the other half answered, for the one that was ready first */
  end(other: Other): Promise<Result>;
}

export interface Request {
  /** Path of the candidate's file below bench/, without its ending. */
  readonly file: string;
  /** The function in it. */
  readonly run: string;
  readonly stage: Stage<unknown>;
}

export type Answer = { readonly result: unknown; readonly lasts?: boolean } | { readonly error: string };

export interface End {
  readonly end: unknown;
}

const running = new Set<ChildProcess>();

/** One candidate in a fresh process: no heap, no compiled code and no timers of those before it. */
export class CandidateProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** What its function answered; of one that lasts, when it was ready. */
    readonly result: unknown,
    private readonly lasts: boolean,
  ) {}

  /** @throws with the candidate's own error when it failed */
  static async run(request: Request): Promise<CandidateProcess> {
    const child = start(request.stage.folder);
    try {
      const { result, lasts = false } = await asked(child, request);
      return new CandidateProcess(child, result, lasts);
    } catch (error) {
      kill(child);
      throw error;
    }
  }

  /** Tells one that lasts to end. @throws with its own error */
  async end(other?: unknown): Promise<unknown> {
    if (!this.lasts) return undefined;
    const { result } = await asked(this.child, { end: other });
    return result;
  }

  /** To be called whatever happens. */
  kill(): void {
    kill(this.child);
  }
}

function start(folder: string): ChildProcess {
  const child = fork(join(import.meta.dirname, 'in-child.js'), {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [],
    // MikroORM compares itself with the package.json of the folder it runs in, and there are two MikroORMs here.
    cwd: folder,
    // Without what npm sets for the tests; a candidate runs as a user's process would.
    env: { ...process.env, NODE_OPTIONS: '--enable-source-maps', NODE_ENV: 'production' },
  });
  running.add(child);
  return child;
}

function kill(child: ChildProcess): void {
  running.delete(child);
  child.kill('SIGKILL');
}

function asked(child: ChildProcess, what: Request | End): Promise<Exclude<Answer, { error: string }>> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null, signal: string | null) =>
      reject(new Error(`its process ended early (${signal ?? code})`));
    child.once('message', (answer: Answer) => {
      child.off('exit', ended);
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer);
    });
    child.once('error', reject);
    child.once('exit', ended);
    child.send(what);
  });
}

export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}
