import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../project-root.js';
import { runNode } from './child.js';
import type { Files } from './plan.js';

const BIOME = 'node_modules/@biomejs/biome/bin/biome';
const CONFIGURATION = 'biome.json';

/**
 * The files as the formatter of a repository would have them, imports in order too. It works on copies elsewhere, so that
 * nothing half-done is ever seen; where no formatter is installed they stay as they are.
 */
export async function formatted(root: string, files: Files, signal?: AbortSignal): Promise<Files> {
  const biome = [root, projectRoot].map((folder) => join(folder, BIOME)).find(existsSync);
  if (biome === undefined || !existsSync(join(root, CONFIGURATION))) return files;
  const folder = await mkdtemp(join(tmpdir(), 'seamline-new-'));
  try {
    await cp(join(root, CONFIGURATION), join(folder, CONFIGURATION));
    const paths = Object.keys(files).filter((path) => /\.(?:ts|json)$/.test(path));
    for (const path of paths) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), files[path] as string);
    }
    await runNode([biome, 'check', '--write', '--max-diagnostics=none', ...paths], folder, signal);
    const done = await Promise.all(
      paths.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const),
    );
    return { ...files, ...Object.fromEntries(done) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
