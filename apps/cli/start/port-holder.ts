import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { commandLine } from '../embedded/process-identity.js';

const LISTENING = '0A';

/** The process that listens on a TCP port, or null where the system does not tell (other systems, other users' processes). */
export function portHolder(port: number): { pid: number; command: string } | null {
  const sockets = listeningSockets(port);
  const pid = sockets.size === 0 ? undefined : processIds().find((each) => hasOneOf(each, sockets));
  return pid === undefined ? null : { pid, command: commandLine(pid) };
}

/** Columns of /proc/net/tcp, see proc_net(5): the second is address:port in hexadecimal, the fourth the state, the tenth the inode. */
function listeningSockets(port: number): Set<string> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => lines(file))
    .map((line) => line.trim().split(/\s+/));
  return new Set(
    rows.filter((row) => row[1]?.endsWith(wanted) && row[3] === LISTENING).map((row) => `socket:[${row[9]}]`),
  );
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function hasOneOf(pid: number, sockets: Set<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    return false;
  }
}
