import { fromItsFirst, knots, shortestWay } from './circles.js';
import type { Edge, ImportGraph } from './graph.js';
import { type DependencyRule, type ImportRule, isAboutReach, type ReachabilityRule } from './rule-language.js';

/** One thing in the graph that breaks a rule. */
export type Broken =
  | { readonly rule: string; readonly kind: 'dependency'; readonly edge: Edge }
  /** Told from its first file by name; the edge leads to the second one. */
  | { readonly rule: string; readonly kind: 'circle'; readonly edge: Edge; readonly circle: readonly string[] }
  | { readonly rule: string; readonly kind: 'unreached'; readonly file: string }
  | { readonly rule: string; readonly kind: 'reached'; readonly file: string; readonly way: readonly string[] };

/** What is read by another file, or replaced for it, is no reason why one cannot be read without the other. */
const NOT_IN_CIRCLES: ReadonlySet<Edge['form']> = new Set(['mock', 'url', 'start', 'link']);

/** Everything in the graph that breaks one of the rules, by what the rules say as dependency-cruiser means it. */
export function evaluate(rules: readonly ImportRule[], graph: ImportGraph): Broken[] {
  const dependencyRules = rules.filter((rule) => !isAboutReach(rule));
  return [
    ...brokenByDependencies(dependencyRules, graph),
    ...rules.filter(isAboutReach).flatMap((rule) => [...brokenByReach(rule, graph)]),
  ];
}

function* brokenByDependencies(rules: readonly DependencyRule[], graph: ImportGraph): Generator<Broken> {
  const rulesFor = rulesByFolder(rules);
  const circles = circlesIn(graph);
  const told = new Set<string>();
  for (const [file, edges] of graph.edges) {
    const judges = rulesFor(file).flatMap((rule) => judgeFor(rule, file) ?? []);
    for (const edge of edges) {
      for (const { rule, forbids } of judges) {
        if (!forbids(edge)) continue;
        if (rule.to.circular !== undefined && circles.isIn(edge) !== rule.to.circular) continue;
        if (rule.to.circular !== true) {
          yield { rule: rule.name, kind: 'dependency', edge };
          continue;
        }
        const circle = circles.through(edge);
        const key = `${rule.name}\0${circle.join('\0')}`;
        if (told.has(key)) continue;
        told.add(key);
        yield { rule: rule.name, kind: 'circle', edge: circles.edge(circle), circle };
      }
    }
  }
}

interface Judge {
  readonly rule: DependencyRule;
  /** But for circles. */
  forbids(edge: Edge): boolean;
}

/** What a rule says about the dependencies of one file; undefined when it says nothing. */
function judgeFor(rule: DependencyRule, file: string): Judge | undefined {
  const { from, to } = rule;
  const match = from.path === undefined ? [] : expression(from.path).exec(file);
  if (match === null || (from.pathNot !== undefined && expression(from.pathNot).test(file))) return undefined;
  const groups = match.length > 1 ? match.filter((group) => typeof group === 'string') : [];
  const path = to.path === undefined ? undefined : expression(withGroups(to.path, groups));
  const pathNot = to.pathNot === undefined ? undefined : expression(withGroups(to.pathNot, groups));
  const isOneOf = (types: readonly string[], edge: Edge) => edge.to.types.some((type) => types.includes(type));
  return {
    rule,
    forbids: (edge) =>
      (path === undefined || path.test(edge.to.path)) &&
      (pathNot === undefined || !pathNot.test(edge.to.path)) &&
      (to.couldNotResolve === undefined || to.couldNotResolve === edge.to.couldNotResolve) &&
      (to.dependencyTypes === undefined || isOneOf(to.dependencyTypes, edge)) &&
      (to.dependencyTypesNot === undefined || !isOneOf(to.dependencyTypesNot, edge)),
  };
}

const expressions = new Map<string, RegExp>();

function expression(source: string): RegExp {
  const known = expressions.get(source) ?? new RegExp(source);
  expressions.set(source, known);
  return known;
}

/** `$0`, `$1` … stand for what the groups of the other expression have matched. */
function withGroups(source: string, groups: readonly string[]): string {
  return groups.reduce(
    (all, group, index) => all.replaceAll(`$${index}`, group.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')),
    source,
  );
}

/**
 * The rules that may match a file, found by the folders it is in: of a thousand rules that are each about one module, a
 * file asks only its own.
 */
function rulesByFolder(rules: readonly DependencyRule[]): (file: string) => readonly DependencyRule[] {
  const byFolder = Map.groupBy(rules, ({ from }) => literalFolder(from.path ?? ''));
  const order = new Map(rules.map((rule, index) => [rule, index]));
  return (file) => {
    const found = [...(byFolder.get('') ?? [])];
    for (let end = file.indexOf('/'); end >= 0; end = file.indexOf('/', end + 1))
      found.push(...(byFolder.get(file.slice(0, end + 1)) ?? []));
    return found.sort((a, b) => (order.get(a) as number) - (order.get(b) as number));
  };
}

/** `src/modules/` of `^src/modules/([^/]+)/`: the folder that all matches are in; empty when there is none. */
function literalFolder(source: string): string {
  if (!source.startsWith('^') || source.includes('|')) return '';
  const literal = /^(?:[\w/@ -]|\\[.*+?^${}()|[\]\\])*/.exec(source.slice(1))?.[0] ?? '';
  const rest = source.slice(1 + literal.length);
  const plain = literal.replace(/\\(.)/g, '$1');
  // What is followed by a quantifier may also not be there.
  const certain = /^[*?{]/.test(rest) ? plain.slice(0, -1) : plain;
  return certain.slice(0, certain.lastIndexOf('/') + 1);
}

interface Circles {
  isIn(edge: Edge): boolean;
  /** A shortest circle that the edge is part of. */
  through(edge: Edge): string[];
  /** The one from the first file of a circle to the second. */
  edge(circle: readonly string[]): Edge;
}

function circlesIn({ edges }: ImportGraph): Circles {
  const arrows = (file: string): string[] =>
    (edges.get(file) ?? []).filter(({ form }) => !NOT_IN_CIRCLES.has(form)).map(({ to }) => to.path);
  const knotOf = knots(edges.keys(), arrows);
  return {
    isIn: ({ from, to, form }) =>
      !NOT_IN_CIRCLES.has(form) &&
      !to.couldNotResolve &&
      edges.has(to.path) &&
      knotOf.get(from) === knotOf.get(to.path),
    through({ from, to }) {
      const knot = knotOf.get(from);
      const within = (file: string) => arrows(file).filter((next) => knotOf.get(next) === knot);
      const back = shortestWay(to.path, from, within) ?? [from];
      return fromItsFirst(back);
    },
    edge([first, second = first]) {
      const found = edges.get(first as string)?.find(({ to, form }) => to.path === second && !NOT_IN_CIRCLES.has(form));
      return found as Edge;
    },
  };
}

function* brokenByReach({ name, from, to }: ReachabilityRule, { edges, tree }: ImportGraph): Generator<Broken> {
  const isMatched = (paths: typeof from, file: string) =>
    (paths.path === undefined || expression(paths.path).test(file)) &&
    (paths.pathNot === undefined || !expression(paths.pathNot).test(file));
  const arrows = (file: string) => (edges.get(file) ?? []).map((edge) => edge.to.path);
  const files = [...edges.keys()].filter((file) => !tree.links.has(file));
  const starts = files.filter((file) => isMatched(from, file));
  if (to.reachable) {
    for (const start of starts) {
      for (const file of reachedFrom([start], arrows)) {
        if (file === start || !isMatched(to, file)) continue;
        yield { rule: name, kind: 'reached', file: start, way: shortestWay(start, file, arrows) ?? [] };
      }
    }
    return;
  }
  const reached = reachedFrom(starts, arrows);
  for (const file of files) {
    const isAsked = isMatched(to, file) && starts.some((start) => start !== file);
    if (isAsked && !reached.has(file)) yield { rule: name, kind: 'unreached', file };
  }
}

/** All that is reached by one step or more. */
function reachedFrom(starts: readonly string[], arrows: (file: string) => readonly string[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...starts];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    for (const next of arrows(file)) {
      if (reached.has(next)) continue;
      reached.add(next);
      waiting.push(next);
    }
  }
  return reached;
}
