import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECRET_LENGTH } from '../../../host/settings.js';
import { UserError } from '../../user-error.js';

/** The secret that the apps of this home know each other by: made at the first start, and readable by this user alone. */
export function keptSecret(home: string): string {
  const file = join(home, 'apps.secret');
  // Whole before it has its name: whoever starts at the same moment must never read half of it.
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(fresh, `${newSecret()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(fresh, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(fresh);
  }
  const secret = readFileSync(file, 'utf8').trim();
  if (secret.length >= SECRET_LENGTH) return secret;
  throw new UserError(
    `${file} holds no secret of ${SECRET_LENGTH} characters or more.`,
    'Delete it: the next start makes another one.',
  );
}

export function newSecret(): string {
  return randomBytes(48).toString('base64url');
}
