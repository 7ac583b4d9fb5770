import { randomBytes } from 'node:crypto';
import { linkSync, rmSync, writeFileSync } from 'node:fs';

/**
 * Makes a file that only this user may read; false where one of this name is there already. It is whole before it has its
 * name, so that whoever looks at the same moment never reads half of it, and of several makers one succeeds.
 */
export function createWhole(file: string, contents: string): boolean {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(fresh, contents, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(fresh, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(fresh);
  }
}
