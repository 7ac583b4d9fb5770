import { portTrouble } from '../embedded/free-port.js';
import { UserError } from '../user-error.js';
import { portHolder } from './port-holder.js';

/**
 * Makes sure that HTTP can be served on `host`:`port`, before anything is started for it.
 * @throws {UserError} that names who holds the port, where the system tells
 */
export async function checkPort(port: number, host: string): Promise<void> {
  if (port === 0) return;
  const trouble = await portTrouble(port, host);
  if (trouble !== undefined) throw portError(trouble, port, host);
}

/** What the user reads when listening failed with this system error code. */
export function portError(code: string, port: number, host: string): UserError {
  if (code === 'EADDRINUSE') {
    const holder = portHolder(port);
    const by = holder === null ? '' : ` by process ${holder.pid} (${shorten(holder.command)})`;
    return new UserError(
      `Port ${port} is taken${by}.`,
      'Stop that program, or choose another port, for instance PORT=3001.',
    );
  }
  if (code === 'EACCES')
    return new UserError(`Port ${port} may not be used by this user.`, 'Choose a PORT from 1024 up.');
  return new UserError(
    `HTTP cannot be served on ${host}:${port} (${code}).`,
    'Set HOST to an address of this machine.',
  );
}

function shorten(command: string): string {
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}
