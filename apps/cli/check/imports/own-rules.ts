import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ModuleDeclaration } from '#kernel/topology/declaration';
import type { Rule, Violation } from '../wall.js';
import { fromItsFirst, knots, shortestWay } from './circles.js';
import type { Edge, ImportGraph } from './graph.js';

/** What dependency-cruiser's language has no words for. */
export const OWN_RULES: readonly Rule[] = [
  {
    name: 'source-can-be-read',
    wall: 'imports',
    why: 'After a mistake in syntax the rest of a file is a guess: no wall can vouch for it, and no program that needs it starts.',
    mend: 'Correct the line, or what stands before it.',
  },
  {
    name: 'import-can-be-read',
    wall: 'imports',
    why: 'An import whose path is only known when it runs leads through every wall without anybody seeing it.',
    mend: 'Write the path as a literal, an import() for each if there are several, or let the app hand in what it leads to.',
  },
  {
    name: 'uses-what-it-declares',
    wall: 'imports',
    why: 'A dependency that is declared and not used holds a module back from leaving, for nothing.',
    mend: 'Remove it from dependsOn.',
  },
  {
    name: 'no-import-circle-of-modules',
    wall: 'imports',
    why: 'Modules whose contracts need each other in a circle can only be understood, released and extracted together.',
    mend: 'Let one of them orchestrate: it sends commands to the others and subscribes to their events, and they echo an opaque reference instead of knowing it.',
  },
];

/** Where walls stand: the kernel and the apps may put a path, or code, together. */
const MUST_BE_READABLE = /^src\/modules\//;
const MODULE = /^src\/modules\/([^/]+)\//;

/** Everything in the graph that breaks a rule of these. */
export function brokenOwnRules(graph: ImportGraph): Violation[] {
  const uses = usesBetweenModules(graph);
  return [...broken(graph), ...unreadable(graph), ...unused(graph.tree.root, modulesIn(graph), uses), ...circles(uses)];
}

function broken({ unreadable }: ImportGraph): Violation[] {
  return unreadable
    .filter(({ found }) => found.form === 'broken')
    .map(({ file, found: { line, specifier } }) => ({
      rule: 'source-can-be-read',
      file,
      line,
      what: `does not parse: ${specifier}`,
      subject: specifier,
    }));
}

function unreadable({ unreadable }: ImportGraph): Violation[] {
  return unreadable
    .filter(({ file, found }) => found.form === 'unreadable' && MUST_BE_READABLE.test(file))
    .map(({ file, found: { line, specifier } }) => ({
      rule: 'import-can-be-read',
      file,
      line,
      what: `imports what cannot be told: ${specifier}`,
      subject: specifier,
    }));
}

/** By module and the one it imports, the first import that does so. */
type Uses = ReadonlyMap<string, ReadonlyMap<string, Edge>>;

function usesBetweenModules({ edges }: ImportGraph): Uses {
  const uses = new Map<string, Map<string, Edge>>();
  for (const [file, own] of edges) {
    const [, from] = MODULE.exec(file) ?? [];
    if (from === undefined) continue;
    for (const edge of own) {
      const [, to] = MODULE.exec(edge.to.path) ?? [];
      if (to === undefined || to === from) continue;
      const used = uses.get(from) ?? new Map<string, Edge>();
      if (!used.has(to)) used.set(to, edge);
      uses.set(from, used);
    }
  }
  return uses;
}

function modulesIn({ tree }: ImportGraph): string[] {
  const modules = [...tree.folders].map((folder) => MODULE.exec(`${folder}/`)?.[1]);
  return [...new Set(modules.filter((module) => module !== undefined))].sort();
}

/** A dependency that there is no module for is no dependency, and another wall's affair. */
function unused(root: string, modules: readonly string[], uses: Uses): Violation[] {
  return modules.flatMap((module) => {
    const file = `src/modules/${module}/module.json`;
    const text = readIfThere(join(root, file));
    return declaredIn(text)
      .filter((name) => name !== module && modules.includes(name) && !uses.get(module)?.has(name))
      .map((name) => ({
        rule: 'uses-what-it-declares',
        file,
        line: lineOf(text, name),
        what: `dependsOn names "${name}", but nothing in ${module} imports its contract`,
        subject: name,
      }));
  });
}

function declaredIn(text: string): string[] {
  const read = ModuleDeclaration.pick({ dependsOn: true }).loose().safeParse(parse(text));
  return read.success ? [...new Set(read.data.dependsOn)] : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const readIfThere = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

/** The line of a name behind `dependsOn`. */
function lineOf(text: string, name: string): number | undefined {
  const list = text.indexOf('"dependsOn"');
  const at = text.indexOf(JSON.stringify(name), list + '"dependsOn"'.length);
  return list < 0 || at < 0 ? undefined : text.slice(0, at).split('\n').length;
}

/** For every import between modules of one knot a shortest circle through it, each circle once. */
function circles(uses: Uses): Violation[] {
  const arrows = (module: string) => uses.get(module)?.keys() ?? [];
  const knotOf = knots(uses.keys(), arrows);
  const told = new Map<string, string[]>();
  for (const [from, used] of uses) {
    for (const to of used.keys()) {
      if (knotOf.get(from) !== knotOf.get(to)) continue;
      const circle = fromItsFirst(shortestWay(to, from, arrows) ?? []);
      told.set(circle.join(' → '), circle);
    }
  }
  return [...told.values()].map((circle) => circleViolation(circle, uses));
}

function circleViolation(circle: readonly string[], uses: Uses): Violation {
  const closed = [...circle, circle[0] as string];
  const imports = circle.map((module, index) => uses.get(module)?.get(closed[index + 1] as string) as Edge);
  const [first] = imports as [Edge, ...Edge[]];
  const places = imports.map(
    ({ from, line, to }) => `${from}${line === undefined ? '' : `:${line}`} imports ${to.path}`,
  );
  const told = closed.join(' → ');
  return {
    rule: 'no-import-circle-of-modules',
    file: first.from,
    line: first.line,
    what: `${told} (${places.join('; ')})`,
    subject: told,
  };
}
