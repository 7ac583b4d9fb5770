import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The text of files by their path; a `module.json` may also be given as its dependsOn. */
export type Files = Record<string, string | readonly string[]>;

const PROJECT = process.cwd();

/**
 * Writes a small project with the real package.json, tsconfig.json and packages, hands its folder to `use`, and removes
 * it again.
 */
export async function withSourceTree<T>(files: Files, use: (root: string) => Promise<T>): Promise<T> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'seamline-tree-')));
  try {
    for (const shared of ['package.json', 'tsconfig.json']) await cp(join(PROJECT, shared), join(root, shared));
    await symlink(join(PROJECT, 'node_modules'), join(root, 'node_modules'));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), typeof content === 'string' ? content : declaration(path, content));
    }
    return await use(root);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function declaration(path: string, dependsOn: readonly string[]): string {
  const name = path.split('/').at(-2);
  return JSON.stringify({ name, schema: name, dependsOn });
}
