import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../user-error.js';
import { runCommandLine } from './command-line.js';

/** Where what is written from the sources lies. */
export const WRITTEN_FROM_SOURCES = 'docs';

/** The commands by which a repository writes what it writes from the sources, and nothing of the sources themselves. */
export const WRITERS: readonly (readonly string[])[] = [['contract', 'docs'], ['graph']];

/** Whether a repository has its own command line, and what that needs to run. */
export function canRefresh(root: string): boolean {
  return existsSync(join(root, 'bin/seamline.js')) && existsSync(join(root, 'node_modules'));
}

/** Has the repository's own command line write anew what it writes from the sources. @throws UserError when it cannot */
export async function refresh(root: string, signal: AbortSignal): Promise<void> {
  const { code, output } = await runCommandLine(root, WRITERS, signal);
  if (code === 0 || signal.aborted) return;
  throw new UserError(
    `What ${root} writes from its sources could not be written anew:\n${output.trim()}`,
    'Nothing was written. Mend that, and do it again.',
  );
}
