import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

/** What a candidate gets to work on, in a process of its own. */
export interface Stage<Work> {
  /** An empty database, as an administrator. */
  readonly databaseUrl: string;
  /** Present for those who said that they need it. */
  readonly redisUrl: string;
  /** A folder of its own. */
  readonly folder: string;
  readonly work: Work;
}

export interface Request {
  /** Path of the candidate's file below bench/, without its ending. */
  readonly file: string;
  /** The function in it. */
  readonly run: string;
  readonly stage: Stage<unknown>;
}

export type Answer = { readonly result: unknown } | { readonly error: string };

const running = new Set<ChildProcess>();

/**
 * Runs one candidate once in a fresh process: no heap, no compiled code and no timers of those before it.
 * @throws with the candidate's own error when it failed
 */
export async function inOwnProcess<Result>(request: Request): Promise<Result> {
  const child = fork(join(import.meta.dirname, 'in-child.js'), {
    stdio: ['ignore', 2, 2, 'ipc'],
    execArgv: [],
    // MikroORM compares itself with the package.json of the folder it runs in, and there are two MikroORMs here.
    cwd: request.stage.folder,
    // Without what npm sets for the tests; a candidate runs as a user's process would.
    env: { ...process.env, NODE_OPTIONS: '--enable-source-maps', NODE_ENV: 'production' },
  });
  running.add(child);
  try {
    return await answerOf<Result>(child, request);
  } finally {
    running.delete(child);
  }
}

function answerOf<Result>(child: ChildProcess, request: Request): Promise<Result> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer: Answer) => {
      if ('error' in answer) reject(new Error(answer.error));
      else resolve(answer.result as Result);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`its process ended early (${signal ?? code})`)));
    child.send(request);
  });
}

export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}
