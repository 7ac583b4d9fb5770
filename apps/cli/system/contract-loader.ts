// Runs in a worker thread: loads contracts of any repository, TypeScript and all, and tells what they declare. It begins
// as a file by itself: nothing but packages can be imported until its hooks are there.
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { type Options, transformSync } from '@swc/core';
import type { LoadedContract } from './contract-found.js';

export interface ToLoader {
  readonly root: string;
  /** Where packages and the kernel come from that the root does not have. */
  readonly project: string;
  /** Below the root. */
  readonly files: readonly string[];
}

export type FromLoader =
  | { readonly begins: string }
  | { readonly file: string; readonly contracts: readonly LoadedContract[] }
  | { readonly file: string; readonly reason: string };

const { root, project, files } = workerData as ToLoader;

type Resolve = Parameters<typeof registerHooks>[0]['resolve'];
type Load = Parameters<typeof registerHooks>[0]['load'];

const resolve: Resolve = (specifier, context, next) => {
  const parent = context.parentURL ?? '';
  if (parent.includes('/node_modules/') || /^(?:node|file|data):/.test(specifier)) return next(specifier, context);
  const source = sourceOf(specifier, parent);
  if (source !== undefined) return { url: pathToFileURL(source).href, shortCircuit: true };
  if (ALIAS.test(specifier)) throw new Error(`it imports ${specifier}, which is not there`);
  if (specifier.startsWith('.')) return next(specifier, context);
  const from = (folder: string) => next(specifier, { ...context, parentURL: pathToFileURL(join(folder, '/')).href });
  try {
    return from(root);
  } catch {
    // The next one.
  }
  try {
    return from(project);
  } catch {
    throw new Error(`it imports "${specifier}", which is not installed`);
  }
};

const ALIAS = /^#(?<alias>kernel|modules)\/(?<path>.+)$/;

const load: Load = (url, context, next) => {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), TYPESCRIPT);
  return { format: 'module', source: code, shortCircuit: true };
};

// Several times as fast as Node's own way of taking the types off, and it knows enumerations and decorators.
const TYPESCRIPT: Options = {
  swcrc: false,
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    target: 'es2023',
    experimental: { keepImportAttributes: true },
    transform: { legacyDecorator: true, useDefineForClassFields: true },
  },
};

/** The TypeScript file that an import means: an alias of this layout, or the source of a `.js` that was not built. */
function sourceOf(specifier: string, parent: string): string | undefined {
  const { alias, path } = ALIAS.exec(specifier)?.groups ?? {};
  const candidates =
    alias === 'kernel'
      ? [root, project].map((folder) => join(folder, 'src/shared-kernel', `${path}.ts`))
      : alias === 'modules'
        ? [join(root, 'src/modules', `${path}.ts`)]
        : specifier.startsWith('.') && parent.startsWith('file:')
          ? [fileURLToPath(new URL(specifier, parent)).replace(/\.js$/, '.ts')]
          : [];
  return candidates.find((file) => file.endsWith('.ts') && existsSync(file));
}

registerHooks({ resolve, load });

const { contractsIn } = await import('./contracts-in.js');
for (const file of files) {
  parentPort?.postMessage({ begins: file } satisfies FromLoader);
  parentPort?.postMessage(await loaded(file));
}

async function loaded(file: string): Promise<FromLoader> {
  try {
    return { file, contracts: contractsIn(await import(pathToFileURL(join(root, file)).href)) };
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).split('\n');
    return { file, reason: lines.find((line) => line.trim() !== '')?.trim() ?? 'it throws' };
  }
}
