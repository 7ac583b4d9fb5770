import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BootOptions } from './boot-options.js';

/** What the identity module is told about the administrator it must have. */
export interface FirstAdmin {
  email: string;
  password: string;
  /** False: these come from the settings, and the account is made to fit them. True: only needed where there is none. */
  onlyIfNone: boolean;
  /** Called by the identity module once it has made the account. */
  made: () => void;
}

const EMAIL = 'admin@seamline.example';

/**
 * Boots with an administrator: the settings' one, or else a generated one, which is kept in `admin.json` (mode 0600)
 * and printed once. The file is written before the account is made, so that a crash in between loses no password.
 */
export async function withFirstAdmin<App>(
  { settings, home, say }: BootOptions,
  start: (admin: FirstAdmin) => Promise<App>,
): Promise<App> {
  if (settings.admin) return start({ ...settings.admin, onlyIfNone: false, made: () => undefined });
  const file = join(home, 'admin.json');
  const kept = await keptAdmin(file);
  const admin = kept ?? { email: EMAIL, password: randomBytes(15).toString('base64url') };
  if (!kept) await writeFile(file, JSON.stringify(admin, null, 2), { mode: 0o600 });
  let made = false;
  const app = await start({ ...admin, onlyIfNone: true, made: () => (made = true) });
  if (made) say(`Made the first administrator ${admin.email} with the password ${admin.password} (kept in ${file}).`);
  else if (!kept) await rm(file);
  return app;
}

/** What the identity module takes; checked here, where the file is known that it came from. */
const KeptAdmin = z.object({ email: z.email().max(254), password: z.string().min(12).max(200) });

async function keptAdmin(file: string): Promise<z.infer<typeof KeptAdmin> | undefined> {
  try {
    return KeptAdmin.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw Object.assign(new Error(`${file} cannot be read: ${why}`), {
      mend: 'Delete it if it is broken; set SEAMLINE_ADMIN_EMAIL and SEAMLINE_ADMIN_PASSWORD to make an administrator.',
    });
  }
}
