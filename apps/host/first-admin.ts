import { randomBytes } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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
/** From the making of a file to its contents, however busy the machine is. In milliseconds. */
const WRITTEN_WITHIN = 2_000;

/**
 * Boots with an administrator: the settings' one, or else a generated one, which is kept in `admin.json` (mode 0600)
 * and printed once. Before the account is made it stands in `admin.json.new`, so that a crash in between loses no
 * password, and instances that start at once all know the same one, whichever of them makes the account.
 */
export async function withFirstAdmin<App>(
  { site, home, say }: BootOptions,
  start: (admin: FirstAdmin) => Promise<App>,
): Promise<App> {
  const { admin: given } = site.settings;
  if (given) return start({ ...given, onlyIfNone: false, made: () => undefined });
  const file = join(home, 'admin.json');
  const kept = await readAdmin(file);
  const admin = kept ?? (await draftedAdmin(`${file}.new`));
  let made = false;
  const app = await start({ ...admin, onlyIfNone: true, made: () => (made = true) });
  if (made) {
    await keep(file, admin);
    say(`Made the first administrator ${admin.email} with the password ${admin.password} (kept in ${file}).`);
  }
  if (!kept) await rm(`${file}.new`, { force: true });
  return app;
}

/** What the identity module takes; checked here, where the file is known that it came from. */
const KeptAdmin = z.object({ email: z.email().max(254), password: z.string().min(12).max(200) });
type KeptAdmin = z.infer<typeof KeptAdmin>;

async function readAdmin(file: string): Promise<KeptAdmin | undefined> {
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

async function draftedAdmin(draft: string): Promise<KeptAdmin> {
  const fresh = { email: EMAIL, password: randomBytes(15).toString('base64url') };
  try {
    await writeFile(draft, textOf(fresh), { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await written(draft);
    return (await readAdmin(draft)) ?? draftedAdmin(draft);
  }
}

/** Resolves when whoever has made the file has written into it, removed it, or been given time enough to. */
async function written(file: string): Promise<void> {
  const isEmpty = () =>
    stat(file).then(
      ({ size }) => size === 0,
      () => false,
    );
  for (const end = performance.now() + WRITTEN_WITHIN; (await isEmpty()) && performance.now() < end; ) await sleep(20);
}

async function keep(file: string, admin: KeptAdmin): Promise<void> {
  const whole = `${file}.${process.pid}`;
  await writeFile(whole, textOf(admin), { mode: 0o600 });
  await rename(whole, file);
}

const textOf = (admin: KeptAdmin) => JSON.stringify(admin, null, 2);
