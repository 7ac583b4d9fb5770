import { chmodSync, mkdirSync } from 'node:fs';

/**
 * Where the embedded server lives when we are root and the account that runs it cannot reach the project, for instance
 * in a clone below /root: PostgreSQL's programs, and the data directories by a hash of their home.
 */
export const SHELTER = '/var/lib/seamline';

/** Makes a folder that every account may pass, whatever the umask says. */
export function makePassableFolder(folder: string): void {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
}
