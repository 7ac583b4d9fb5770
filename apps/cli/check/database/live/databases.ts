import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { runningEmbedded } from '../../../messages/running-embedded.js';
import { projectRoot } from '../../../project-root.js';
import { isMendable } from '../../../user-error.js';
import type { Violation, WallOptions } from '../../wall.js';
import { modulesBelow, type SchemaOwner } from '../modules.js';
import { blamed } from './blame.js';
import { inspectDatabase } from './inspect-database.js';
import { askItsOwnCheck } from './own-check.js';

/**
 * What is wrong about the modules' part of a database: of the one that is named, or of the embedded one that runs, or of a
 * scratch one that is made for this look.
 */
export async function violationsInDatabase(root: string, options: WallOptions): Promise<Violation[]> {
  const modules = modulesBelow(root);
  if (modules.length === 0) return [];
  const look = async (url: string) => blamed(root, modules, await inspectDatabase(url, modules, options.say));
  const named = options.databaseUrl ?? process.env.DATABASE_URL?.trim();
  if (named) return look(named);
  const running = embeddedOf(root, options.say);
  if (running !== undefined) return look(running);
  return realpathSync(root) === realpathSync(projectRoot)
    ? lookAtScratch(root, modules, options)
    : askItsOwnCheck(root, options);
}

async function lookAtScratch(
  root: string,
  modules: readonly SchemaOwner[],
  options: WallOptions,
): Promise<Violation[]> {
  const { withScratchDatabase } = await import('./scratch-database.js');
  return withScratchDatabase(options.signal, async (url) =>
    blamed(root, modules, await inspectDatabase(url, modules, options.say)),
  );
}

/** The embedded server of a root, where it runs and lets this user in. */
function embeddedOf(root: string, say: (line: string) => void): string | undefined {
  const isOurs = realpathSync(root) === realpathSync(projectRoot);
  const home = (isOurs && process.env.SEAMLINE_HOME?.trim()) || join(root, '.seamline');
  if (!existsSync(home)) return undefined;
  try {
    const url = runningEmbedded(home);
    say(`Looking at the embedded PostgreSQL of ${home}, which runs.`);
    return url;
  } catch (error) {
    if (isMendable(error)) return undefined;
    throw error;
  }
}
