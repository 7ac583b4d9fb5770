import { readdirSync, readFileSync } from 'node:fs';
import { withClient } from '../harness/postgres.js';

/** USER_HZ, in which /proc counts time: a hundredth of a second on every architecture. In milliseconds. */
const TICK = 10;
const KB_IN_A_MB = 1024;
const SAMPLED_EVERY = 250;

/** What processes have used of the processors until now, in user mode and in the system's. In milliseconds. */
export function processorTime(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid).own, 0) * TICK;
}

/** A PostgreSQL, known by its first process, whose children serve a connection or a purpose each. */
export interface PostgresProcesses {
  /** Of all of them, and of those that have ended. In milliseconds. */
  processorTime(): number;
}

/** The server of this database; undefined where it does not run on this machine. */
export async function postgresAt(databaseUrl: string): Promise<PostgresProcesses | undefined> {
  const first = await withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return parentOf(rows[0]?.pid as number, 'postgres');
  });
  if (first === undefined) return undefined;
  return {
    processorTime: () => {
      const children = readdirSync('/proc')
        .filter((name) => /^\d+$/.test(name))
        .map(Number)
        .filter((pid) => parentOf(pid, 'postgres') === first);
      const { own, reaped } = ticksOf(first);
      return (own + reaped) * TICK + processorTime(children);
    },
  };
}

/** The memory of all these processes, looked at all the time. */
export class Memory {
  private most = 0;
  private readonly timer = setInterval(() => this.now(), SAMPLED_EVERY);

  constructor(private readonly pids: readonly number[]) {}

  /** Resident just now, in MB; pages that processes share count for each. */
  now(): number {
    const sum = this.pids.reduce((all, pid) => all + residentOf(pid), 0) / KB_IN_A_MB;
    this.most = Math.max(this.most, sum);
    return sum;
  }

  get peak(): number {
    return this.most;
  }

  stop(): void {
    clearInterval(this.timer);
  }
}

/** Fields of /proc/<pid>/stat after the name in brackets, which may hold anything; see proc_pid_stat(5). */
function fieldsOf(pid: number): { name: string; fields: string[] } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const end = text.lastIndexOf(')');
  return { name: text.slice(text.indexOf('(') + 1, end), fields: text.slice(end + 2).split(' ') };
}

function ticksOf(pid: number): { own: number; reaped: number } {
  const [user, system, usersOfEnded, systemOfEnded] = fieldsOf(pid).fields.slice(11, 15).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { own: user + system, reaped: usersOfEnded + systemOfEnded };
}

/** The parent of a process that has this name; undefined for any other, and for one that is gone. */
function parentOf(pid: number, name: string): number | undefined {
  try {
    const process = fieldsOf(pid);
    return process.name === name ? Number(process.fields[1]) : undefined;
  } catch {
    return undefined;
  }
}

function residentOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
