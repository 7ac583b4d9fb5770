import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleDeclaration } from '#kernel/topology/declaration';
import { moduleFolders } from '../../system/module-files.js';
import { fromItsFirst, shortestWay } from '../imports/circles.js';
import { lineAt, readJson } from './json-lines.js';
import type { Broken, RuleName } from './rules.js';

/** A folder under src/modules, with what its module.json declares; undefined where that cannot be read. */
export interface ModuleFolder {
  readonly folder: string;
  /** The text of its module.json, in which lines are looked up. */
  readonly text: string;
  readonly declaration: ModuleDeclaration | undefined;
  readonly problems: readonly Broken[];
}

/** Every module's declaration below `root`, and what is wrong about each. */
export function readModules(root: string): ModuleFolder[] {
  return moduleFolders(root).map((folder) => readModule(root, folder));
}

/** What is wrong about the declarations, each by itself and all together. */
export function declarationViolations(modules: readonly ModuleFolder[]): Broken[] {
  const declared = modules.flatMap(({ text, declaration }) => (declaration ? [{ ...declaration, text }] : []));
  const known = new Set(modules.map(({ folder }) => folder));
  return [
    ...modules.flatMap(({ problems }) => problems),
    ...sharedSchemas(declared),
    ...declared.flatMap((declaration) => badDependencies(declaration, known)),
    ...circles(declared),
  ];
}

interface Declared extends ModuleDeclaration {
  readonly text: string;
}

function readModule(root: string, folder: string): ModuleFolder {
  const file = join(root, fileOf(folder));
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const wrong = (path: readonly PropertyKey[], subject: string, what: string) =>
    problem('module-declares-itself', folder, text, path, subject, what);
  const broken = (...problems: Broken[]): ModuleFolder => ({ folder, text, declaration: undefined, problems });
  if (!existsSync(file)) return broken(wrong([], 'missing', 'is missing'));
  const json = readJson(text);
  if ('reason' in json) return broken({ ...wrong([], 'no JSON', `is no JSON: ${json.reason}`), line: json.line });
  const read = ModuleDeclaration.safeParse(json.value);
  if (!read.success)
    return broken(
      ...read.error.issues.map(({ path, message }) => {
        const place = path.join('.') || 'it';
        return wrong(path, place, `${place}: ${message}`);
      }),
    );
  const { name } = read.data;
  if (name !== folder)
    return broken(wrong(['name'], `name ${name}`, `says "name": "${name}", but the folder is "${folder}"`));
  return { folder, text, declaration: read.data, problems: [] };
}

function sharedSchemas(declared: readonly Declared[]): Broken[] {
  return [...Map.groupBy(declared, ({ schema }) => schema)].flatMap(([schema, [first, ...others]]) =>
    others.map(({ name, text }) =>
      problem(
        'one-schema-a-module',
        name,
        text,
        ['schema'],
        schema,
        `says "schema": "${schema}", which is that of ${first?.name}`,
      ),
    ),
  );
}

function badDependencies({ name, text, dependsOn }: Declared, known: ReadonlySet<string>): Broken[] {
  const reasonAgainst = (dependency: string, index: number): string | undefined => {
    if (dependency === name) return 'which is the module itself';
    if (!known.has(dependency)) return `but there is no src/modules/${dependency}`;
    if (dependsOn.indexOf(dependency) < index) return 'a second time';
    return undefined;
  };
  return dependsOn.flatMap((dependency, index) => {
    const reason = reasonAgainst(dependency, index);
    if (reason === undefined) return [];
    const what = `dependsOn names "${dependency}", ${reason}`;
    return [problem('depends-on-known-modules', name, text, ['dependsOn', index], dependency, what)];
  });
}

/** For every dependency that is part of a circle the shortest one through it, each once, from its first module by name. */
function circles(declared: readonly Declared[]): Broken[] {
  const byName = new Map(declared.map((each) => [each.name, each]));
  const next = (name: string) => (byName.get(name)?.dependsOn ?? []).filter((each) => byName.has(each));
  const found = new Map<string, readonly string[]>();
  for (const { name } of declared)
    for (const dependency of next(name)) {
      const back = dependency === name ? undefined : shortestWay(dependency, name, next);
      if (back === undefined) continue;
      const circle = fromItsFirst(back);
      found.set([...circle, circle[0]].join(' → '), circle);
    }
  return [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([what, [first = '', second = '']]) => {
      const { text = '', dependsOn = [] } = byName.get(first) ?? {};
      return problem('no-cycle-between-modules', first, text, ['dependsOn', dependsOn.indexOf(second)], what, what);
    });
}

const fileOf = (folder: string): string => `src/modules/${folder}/module.json`;

function problem(
  rule: RuleName,
  folder: string,
  text: string,
  path: readonly PropertyKey[],
  subject: string,
  what: string,
): Broken {
  return { rule, file: fileOf(folder), line: text === '' ? undefined : lineAt(text, path), what, subject };
}
