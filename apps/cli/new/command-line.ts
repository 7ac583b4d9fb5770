import { type Ended, runNode } from './child.js';

/**
 * Runs commands of the command line that a repository has itself, one after the other, up to the first that fails. It
 * does not look whether the packages are the right ones: whoever calls it has seen to that.
 */
export function runCommandLine(
  root: string,
  commands: readonly (readonly string[])[],
  signal?: AbortSignal,
): Promise<Ended> {
  return runNode(['--input-type=module', '--eval', RUN, '--', JSON.stringify(commands)], root, signal);
}

/** What bin/seamline.js does, but for its look at the packages. */
const RUN = `
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
const load = (...path) => import(pathToFileURL(join(process.cwd(), ...path)).href);
const { freshDist } = await load('bin', 'fresh-dist.js');
await freshDist(process.cwd(), { onlyReads: true });
const { main } = await load('dist', 'apps', 'cli', 'main.js');
for (const command of JSON.parse(process.argv[1])) if (!process.exitCode) await main(['node', 'seamline', ...command]);`;
