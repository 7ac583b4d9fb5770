import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWhole } from '../../../host/create-whole.js';
import { SECRET_LENGTH } from '../../../host/settings.js';
import { UserError } from '../../user-error.js';

/** The secret that the apps of this home know each other by: made at the first start, and readable by this user alone. */
export function keptSecret(home: string): string {
  const file = join(home, 'apps.secret');
  createWhole(file, `${newSecret()}\n`);
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
