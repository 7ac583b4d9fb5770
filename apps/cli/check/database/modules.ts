import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A folder below src/modules and the schema that is its own. */
export interface SchemaOwner {
  readonly module: string;
  readonly schema: string;
}

/**
 * Every module below a root, by name. What a broken module.json does not tell is taken from its folder: that it is broken
 * is told elsewhere.
 */
export function modulesBelow(root: string): SchemaOwner[] {
  const folder = join(root, 'src/modules');
  return entriesOf(folder)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({
      module: name,
      schema: schemaIn(join(folder, name, 'module.json')) ?? name.replaceAll('-', '_'),
    }))
    .sort((a, b) => (a.module < b.module ? -1 : 1));
}

function schemaIn(file: string): string | undefined {
  try {
    const { schema } = JSON.parse(readFileSync(file, 'utf8')) as { schema?: unknown };
    return typeof schema === 'string' && schema !== '' ? schema : undefined;
  } catch {
    return undefined;
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** The files of a module that can hold SQL, by absolute path, in order. */
export function filesOf(root: string, { module }: SchemaOwner): string[] {
  const below = (folder: string): string[] =>
    entriesOf(folder).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : below(path);
      return /\.([cm]?[jt]sx?|sql)$/.test(entry.name) && !entry.name.endsWith('.d.ts') ? [path] : [];
    });
  return below(join(root, 'src/modules', module)).sort();
}

/** What only tests run; a module may be called `testing` itself. */
export function isTest(path: string): boolean {
  return /\.(spec|test)\.[cm]?[jt]sx?$/.test(path) || /^src\/modules\/[^/]+\/(.+\/)?(testing|__tests__)\//.test(path);
}
