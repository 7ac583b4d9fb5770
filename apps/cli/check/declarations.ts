import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleDeclaration } from '#kernel/topology/declaration';
import type { Violation } from './violation.js';

/** A folder under src/modules, with what its module.json declares; undefined where that cannot be read. */
export interface ModuleFolder {
  readonly folder: string;
  readonly declaration: ModuleDeclaration | undefined;
  readonly problems: readonly Violation[];
}

const COMMENTS = {
  'module-declares-itself':
    "A folder under src/modules is a module, and its module.json is the one place where lint, graph and the runtime read what it is called, which schema is its own and whose contracts it imports. Write one as its neighbours have, with the folder's own name.",
  'one-schema-a-module':
    'Two modules in one schema can reach each other\'s tables, and neither can leave with its data. Give each a "schema" of its own.',
  'depends-on-known-modules':
    'dependsOn names the modules whose contract/ a module imports: others, by the name of their folder, each once. Correct the name, or remove it.',
  'no-cycle-between-modules':
    'Modules that depend on each other in a circle can only be understood, released and extracted together. Let one of them orchestrate: it sends commands to the others and subscribes to their events, and they echo an opaque reference instead of knowing it.',
} as const;

/** Every module's declaration below `root`, and what is wrong about each. */
export function readModules(root: string): ModuleFolder[] {
  const modules = join(root, 'src/modules');
  if (!existsSync(modules)) return [];
  return readdirSync(modules, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readModule(modules, name))
    .sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** What is wrong about the declarations, each by itself and all together. */
export function declarationViolations(modules: readonly ModuleFolder[]): Violation[] {
  const declarations = modules.flatMap(({ declaration }) => declaration ?? []);
  const known = new Set(modules.map(({ folder }) => folder));
  return [
    ...modules.flatMap(({ problems }) => problems),
    ...sharedSchemas(declarations),
    ...declarations.flatMap((declaration) => badDependencies(declaration, known)),
    ...cycles(declarations),
  ];
}

function readModule(modules: string, folder: string): ModuleFolder {
  const broken = (what: string): ModuleFolder => ({
    folder,
    declaration: undefined,
    problems: [violation('module-declares-itself', folder, what)],
  });
  const file = join(modules, folder, 'module.json');
  if (!existsSync(file)) return broken('is missing');
  const read = ModuleDeclaration.safeParse(parse(readFileSync(file, 'utf8')));
  if (!read.success)
    return broken(read.error.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`).join('; '));
  const { name } = read.data;
  if (name !== folder) return broken(`says "name": "${name}", but the folder is "${folder}"`);
  return { folder, declaration: read.data, problems: [] };
}

/** Text that is no JSON becomes a value that no schema takes. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return 'no JSON';
  }
}

function sharedSchemas(declarations: readonly ModuleDeclaration[]): Violation[] {
  const bySchema = Map.groupBy(declarations, ({ schema }) => schema);
  return [...bySchema].flatMap(([schema, [first, ...others]]) =>
    others.map(({ name }) =>
      violation('one-schema-a-module', name, `says "schema": "${schema}", which is that of ${first?.name}`),
    ),
  );
}

function badDependencies({ name, dependsOn }: ModuleDeclaration, known: ReadonlySet<string>): Violation[] {
  const reasonAgainst = (dependency: string, index: number): string | undefined => {
    if (dependency === name) return 'which is the module itself';
    if (!known.has(dependency)) return `but there is no src/modules/${dependency}`;
    if (dependsOn.indexOf(dependency) < index) return 'a second time';
    return undefined;
  };
  return dependsOn.flatMap((dependency, index) => {
    const reason = reasonAgainst(dependency, index);
    return reason ? [violation('depends-on-known-modules', name, `dependsOn names "${dependency}", ${reason}`)] : [];
  });
}

/** Each circle once, told from its first module by name. */
function cycles(declarations: readonly ModuleDeclaration[]): Violation[] {
  const dependenciesOf = new Map(declarations.map(({ name, dependsOn }) => [name, dependsOn]));
  const pathsBack = (start: string, path: readonly string[]): string[][] =>
    (dependenciesOf.get(path.at(-1) ?? '') ?? []).flatMap((next) => {
      if (next === start) return path.length > 1 ? [[...path, start]] : [];
      // Only names after the start, so that a circle is found from one of its modules alone.
      return next > start && !path.includes(next) ? pathsBack(start, [...path, next]) : [];
    });
  return declarations.flatMap(({ name }) =>
    pathsBack(name, [name]).map((circle) => violation('no-cycle-between-modules', name, circle.join(' → '))),
  );
}

function violation(rule: keyof typeof COMMENTS, folder: string, what: string): Violation {
  return { rule, comment: COMMENTS[rule], where: `src/modules/${folder}/module.json`, what };
}
