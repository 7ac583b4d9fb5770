import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';

/** The folder of the embedded database and of generated secrets, made when absent. */
export function makeHome(given: string | undefined): string {
  const home = resolve(given ?? join(projectRoot, '.seamline'));
  try {
    mkdirSync(home, { recursive: true });
    return home;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UserError(
      `The folder ${home} cannot be made (${code}).`,
      'Set SEAMLINE_HOME to a folder that this user may write.',
    );
  }
}

/**
 * Writes down all that is known of an error that nobody expected, for whoever looks into it; answers where.
 * @param name of the file
 */
export function keepDetails(error: unknown, home: string, name: string, hasEmbedded: boolean): string {
  const details = join(home, name);
  const text = error instanceof Error ? error.stack : String(error);
  writeFileSync(details, `${new Date().toISOString()}\n${text}\n`, { mode: 0o600 });
  const database = hasEmbedded ? `, what the database said in ${shown(join(home, 'postgres.log'))}` : '';
  return `The details are in ${shown(details)}${database}.`;
}

const shown = (file: string) => (relative(process.cwd(), file).startsWith('..') ? file : relative(process.cwd(), file));
