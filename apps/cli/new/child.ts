import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a program ended, and all that it said. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program of this Node to its end; ended before that when `signal` is aborted. */
export async function runNode(args: readonly string[], cwd: string, signal?: AbortSignal): Promise<Ended> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...(signal && { signal }) });
  const exit = new Promise<number | null>((resolve) => child.on('close', resolve).on('error', () => undefined));
  const [code, ...output] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  return { code, output: output.join('') };
}
