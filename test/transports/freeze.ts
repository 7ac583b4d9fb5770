import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Stops a process and returns once none of its threads runs any more: those of a busy one may go on for a moment. */
export function freezeWhole(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const threads = `/proc/${pid}/task`;
  while (existsSync(threads) && readdirSync(threads).some((thread) => isRunning(`${threads}/${thread}/stat`)));
}

/** Its state follows its name, which stands in parentheses. Source: proc_pid_stat(5). */
function isRunning(stat: string): boolean {
  try {
    return !/\) [TtZX] /.test(readFileSync(stat, 'utf8'));
  } catch {
    return false;
  }
}
