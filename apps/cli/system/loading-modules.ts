import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../project-root.js';
import { UserError } from '../user-error.js';

/** A source of this program's modules is none, so they cannot be loaded. The walls that read it tell of it, too. */
export class ModulesNotLoaded extends UserError {
  constructor(readonly reason: string) {
    super(`The modules cannot be loaded: ${reason}.`, 'Mend that first.');
  }
}

/**
 * Loads the modules of this program, or what needs them.
 * @throws ModulesNotLoaded where one of their files does not compile or is no JSON
 */
export async function loadingModules<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  try {
    return await load();
  } catch (error) {
    const reason = reasonIn(error as Error & { code?: unknown; url?: unknown });
    throw reason === undefined ? error : new ModulesNotLoaded(reason);
  }
}

const DIST = join(projectRoot, 'dist', '/');

function reasonIn({ code, url, message }: Error & { code?: unknown; url?: unknown }): string | undefined {
  if (code === 'ERR_MODULE_NOT_FOUND' && typeof url === 'string') {
    const source = fileURLToPath(url).replace(DIST, '').replace(/\.js$/, '.ts');
    return existsSync(join(projectRoot, source)) ? `${source} does not compile` : undefined;
  }
  // Node puts the name of a JSON file before what is wrong with it.
  const [, file, why] = /^(\/.+?\.json): (.+)/.exec(message) ?? [];
  return file?.startsWith(DIST) ? `${file.replace(DIST, '')} is no JSON: ${why}` : undefined;
}
