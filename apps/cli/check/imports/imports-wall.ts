import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../user-error.js';
import type { Violation, Wall } from '../wall.js';
import { type Broken, evaluate } from './evaluate.js';
import { type Edge, readGraph } from './graph.js';
import { brokenOwnRules, OWN_RULES } from './own-rules.js';
import { importRules, inWords } from './rules.js';
import { SOURCES } from './source-tree.js';

/** Who may import whom, in every form that an import can take. */
export const importsWall: Wall = {
  name: 'imports',

  async rules(root) {
    return [...(await importRules(root)).map(inWords), ...OWN_RULES];
  },

  async violations(root, { say, signal }) {
    if (!SOURCES.some((folder) => existsSync(join(root, folder))))
      throw new UserError(`${root} has no ${SOURCES.join('/, ')}/.`, 'Name the folder of a repository by --root.', 2);
    const rules = await importRules(root);
    const graph = readGraph(root, signal);
    // Everything below would have other paths than the rules go by.
    for (const folder of SOURCES.filter((each) => graph.tree.links.has(each)))
      throw new UserError(`${folder} in ${root} is a link.`, 'Put the folder itself there; rules go by its paths.', 2);
    if (!existsSync(join(root, 'node_modules')))
      say('No packages are installed there, so imports of packages are judged by package.json alone.');
    return [...evaluate(rules, graph).map(inPlainWords), ...brokenOwnRules(graph)].sort(byPlace);
  },
};

function inPlainWords(broken: Broken): Violation {
  const { rule } = broken;
  if (broken.kind === 'unreached') return { rule, file: broken.file, what: 'is reached from no app', subject: '' };
  if (broken.kind === 'reached') {
    const [file, ...way] = broken.way;
    return { rule, file: file ?? broken.file, what: `reaches ${way.join(' → ')}`, subject: way.at(-1) ?? '' };
  }
  const { edge } = broken;
  const place = { rule, file: edge.from, line: edge.line };
  if (broken.kind === 'dependency') return { ...place, what: whatIs(edge), subject: edge.to.path };
  const circle = [...broken.circle, edge.from].join(' → ');
  return { ...place, what: `imports itself: ${circle}`, subject: circle };
}

const VERBS: Partial<Record<Edge['form'], string>> = {
  mock: 'mocks',
  url: 'points at',
  start: 'starts',
  augmentation: 'augments',
};

function whatIs({ form, specifier, to }: Edge): string {
  if (form === 'link') return to.couldNotResolve ? 'is a link that leads nowhere' : `is a link to ${to.path}`;
  const verb = VERBS[form] ?? 'imports';
  return to.couldNotResolve || specifier === to.path ? `${verb} ${specifier}` : `${verb} ${specifier} (${to.path})`;
}

function byPlace(a: Violation, b: Violation): number {
  return (
    compare(a.file, b.file) || (a.line ?? 0) - (b.line ?? 0) || compare(a.rule, b.rule) || compare(a.subject, b.subject)
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
