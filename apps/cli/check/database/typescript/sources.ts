import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import ts from 'typescript';

/** So many files are kept as trees at a time, which are far larger than their text. */
const KEPT = 40;

/** The TypeScript of a repository. */
export interface Sources {
  readonly root: string;
  /** By absolute path; undefined where there is none. */
  parsed(file: string): ts.SourceFile | undefined;
  /** The file that an import of `from` leads to, if it is one of the repository. */
  resolve(from: string, specifier: string): string | undefined;
  /** Below the root, with slashes. */
  pathOf(file: string): string;
}

export function sourcesBelow(root: string): Sources {
  const files = new Map<string, ts.SourceFile | undefined>();
  return {
    root,
    parsed: (file) => {
      const known = files.get(file) ?? parse(file);
      files.delete(file);
      files.set(file, known);
      if (files.size > KEPT) files.delete(files.keys().next().value as string);
      return known;
    },
    resolve: (from, specifier) => {
      const target = targetOf(root, from, specifier);
      return target === undefined ? undefined : candidates(target).find((each) => existsSync(each));
    },
    pathOf: (file) => relative(root, file).split(sep).join('/'),
  };
}

function parse(file: string): ts.SourceFile | undefined {
  if (!existsSync(file)) return undefined;
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

function targetOf(root: string, from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  if (specifier.startsWith('#modules/')) return join(root, 'src/modules', specifier.slice('#modules/'.length));
  if (specifier.startsWith('#kernel/')) return join(root, 'src/shared-kernel', specifier.slice('#kernel/'.length));
  return undefined;
}

/** As Node and the compiler of this layout find them: `./x.js` is written for `./x.ts`. */
function candidates(target: string): string[] {
  if (target.endsWith('.json')) return [target];
  const plain = target.replace(/\.[cm]?jsx?$/, '');
  return [target, `${plain}.ts`, `${plain}.tsx`, `${plain}.mts`, `${plain}.cts`, join(plain, 'index.ts')].filter(
    (file) => /\.[cm]?[jt]sx?$/.test(file),
  );
}
