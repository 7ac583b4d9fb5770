import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { runningEmbedded } from '../../../messages/running-embedded.js';
import { projectRoot } from '../../../project-root.js';
import { ModulesNotLoaded } from '../../../system/loading-modules.js';
import { isMendable, UserError } from '../../../user-error.js';
import type { Violation, WallOptions } from '../../wall.js';
import { modulesBelow } from '../modules.js';
import { blamed } from './blame.js';
import { inspectDatabase, type Look } from './inspect-database.js';
import { askItsOwnCheck } from './own-check.js';

/**
 * What is wrong about the modules' part of a database: of the one that is named, or of the embedded one that runs, or of a
 * scratch one that is made for this look.
 * @throws UserError where the one that is asked for has none of the modules
 */
export async function violationsInDatabase(root: string, options: WallOptions): Promise<Violation[]> {
  const modules = modulesBelow(root);
  if (modules.length === 0) return [];
  const { databaseUrl, say } = options;
  const look = async (url: string, setting: string, env: Look['env']) => {
    const answers = await inspectDatabase({ url, setting, env, say }, modules);
    return answers && blamed(root, modules, answers);
  };
  if (databaseUrl !== undefined) return (await look(databaseUrl, '--database', process.env)) ?? refuse();
  const named = process.env.DATABASE_URL?.trim();
  const found = named ? await look(named, 'DATABASE_URL', process.env) : undefined;
  if (found) return found;
  if (named) say('The database of DATABASE_URL has no schema of any module, so another one is looked at.');
  const running = embeddedOf(root);
  const inRunning = running ? await look(running.url, running.home, process.env) : undefined;
  if (inRunning) {
    say(`The embedded PostgreSQL of ${running?.home} runs, so it is the one that was looked at.`);
    return inRunning;
  }
  if (!isThisProject(root)) return askItsOwnCheck(root, options);
  const { withScratchDatabase } = await import('./scratch-database.js');
  // Its roles are its own, whatever roles an operator keeps elsewhere.
  const scratch = withScratchDatabase(options.signal, (url) => look(url, 'the scratch database', {}));
  return (await scratch.catch((error) => leaveOut(error, say))) ?? [];
}

function leaveOut(error: unknown, say: WallOptions['say']): undefined {
  if (!(error instanceof ModulesNotLoaded)) throw error;
  say(`The database itself was left out, only the sources were read: ${error.reason}.`);
}

function refuse(): never {
  throw new UserError(
    'The database of --database has no schema of any module, so there is nothing to look at.',
    'Name the one that the system uses, or leave --database out: one is made for the look.',
    2,
  );
}

const isThisProject = (root: string) => realpathSync(root) === realpathSync(projectRoot);

/** The embedded server of a root, where it runs and lets this user in. */
function embeddedOf(root: string): { home: string; url: string } | undefined {
  const home = (isThisProject(root) && process.env.SEAMLINE_HOME?.trim()) || join(root, '.seamline');
  if (!existsSync(home)) return undefined;
  try {
    return { home, url: runningEmbedded(home) };
  } catch (error) {
    if (isMendable(error)) return undefined;
    throw error;
  }
}
