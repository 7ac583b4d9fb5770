import { existsSync, readdirSync, statSync } from 'node:fs';
import { UserError } from '../../user-error.js';

/** @throws UserError for a folder that has something in it, or a file */
export function mustBeEmpty(dir: string): void {
  if (!existsSync(dir)) return;
  if (!statSync(dir).isDirectory()) throw new UserError(`${dir} is a file.`, 'Name a folder that is not there yet.');
  if (readdirSync(dir).length > 0)
    throw new UserError(
      `${dir} is not empty, and nothing is ever overwritten.`,
      'Name a folder that is not there yet.',
    );
}
