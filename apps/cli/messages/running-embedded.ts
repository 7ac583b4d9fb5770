import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { remembered } from '../embedded/data-directory.js';
import { runningPostmaster } from '../embedded/postmaster.js';
import { UserError } from '../user-error.js';

/**
 * The address of the embedded server of `home`, which is not started for this.
 * @throws {UserError} when it does not run
 */
export function runningEmbedded(home: string): string {
  const dataDirectory = remembered(home).shelter ?? join(home, 'postgres');
  const server = runningPostmaster(dataDirectory);
  if (server === null) {
    throw new UserError(
      `The embedded PostgreSQL of ${home} does not run.`,
      'Start the system (npm start), name its folder in SEAMLINE_HOME, or set DATABASE_URL to the database it uses.',
    );
  }
  return `postgresql://postgres:${passwordIn(home)}@127.0.0.1:${server.port}/seamline`;
}

function passwordIn(home: string): string {
  const file = join(home, 'postgres.password');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UserError(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      'Run this as the user who starts the system.',
    );
  }
}
