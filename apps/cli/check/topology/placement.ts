import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TopologyProblem, topologyProblems } from '#kernel/topology/topology';
import { topologyIn, UnreadableTopology } from '#kernel/topology/topology-text';
import { lineAt } from './json-lines.js';
import type { Broken, RuleName } from './rules.js';

const RULE_OF = {
  shape: 'topology-is-well-formed',
  placement: 'every-module-in-one-app',
  reach: 'apps-reach-each-other',
} as const satisfies Record<TopologyProblem['about'], RuleName>;

/** What is wrong about topology.json and others beside it, such as topology.staging.json. */
export function placementViolations(root: string, modules: readonly string[]): Broken[] {
  const files = readdirSync(root).filter((name) => /^topology(?:\.[\w-]+)?\.json$/.test(name) && !isSchema(name));
  if (!files.includes('topology.json')) {
    const missing = { rule: RULE_OF.shape, file: 'topology.json', what: 'is missing', subject: 'missing' };
    return [missing, ...files.flatMap((file) => violationsOf(root, file, modules))];
  }
  return files.flatMap((file) => violationsOf(root, file, modules));
}

const isSchema = (name: string): boolean => name === 'topology.schema.json';

function violationsOf(root: string, file: string, modules: readonly string[]): Broken[] {
  const text = readFileSync(join(root, file), 'utf8');
  let topology: unknown;
  try {
    topology = topologyIn(text);
  } catch (error) {
    if (!(error instanceof UnreadableTopology)) throw error;
    const { line, message: what } = error;
    return [{ rule: RULE_OF.shape, file, line, what, subject: 'no JSON' }];
  }
  return topologyProblems(topology, modules).map(({ about, path, subject, text: what }) => {
    return { rule: RULE_OF[about], file, line: lineAt(text, path), what, subject };
  });
}
