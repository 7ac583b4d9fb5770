import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { waitUntil } from '../until.js';

/** A running process, and what it printed until now. */
export interface Running {
  readonly child: ChildProcess;
  printed(): string;
  /** The exit code, once it ended. */
  readonly ended: Promise<number>;
  /** What it printed that the expression is looking for; rejects when it ends, or the time is over, before. */
  says(what: RegExp, withinMs?: number): Promise<RegExpExecArray>;
}

const STARTS_WITHIN = 180_000;

/** `seamline …` with a fresh environment: nothing that the tests run with may help it. */
export function seamline(args: readonly string[], env: Record<string, string>): Running {
  return run(['bin/seamline.js', ...args], env);
}

export function run(args: readonly string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, args, {
    env: { PATH: process.env.PATH ?? '', LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  const ended = once(child, 'close').then(([code]) => code as number);
  return {
    child,
    printed: () => text,
    ended,
    says: async (what, withinMs = STARTS_WITHIN) => {
      const said = waitUntil(async () => what.test(text), withinMs, `${what} is printed`);
      await Promise.race([said, ended]).catch(() => undefined);
      const found = what.exec(text);
      if (found === null) throw new Error(`Never printed ${what}:\n${text}`);
      return found;
    },
  };
}

/** The processes that a process has started and that still live, each by its app, and its number among the instances. */
export function appsOf(parent: number): Map<string, number> {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return new Map(
    pids.flatMap((pid) => {
      const isChild = Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1]) === parent;
      const env = Object.fromEntries(
        read(`/proc/${pid}/environ`)
          .split('\0')
          .map((line) => line.split(/=(.*)/s, 2)),
      );
      const { SEAMLINE_APP: app, WIRE_PORT } = env;
      if (!isChild || app === undefined || !lives(Number(pid))) return [];
      const instance = env[`${app.toUpperCase()}_WIRE`].split(',').indexOf(`127.0.0.1:${WIRE_PORT}`) + 1;
      return [[`${app}.${instance}`, Number(pid)] as const];
    }),
  );
}

/** A zombie does not live. */
export function lives(pid: number): boolean {
  return /^State:\s+[^ZX\s]/m.test(read(`/proc/${pid}/status`));
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
