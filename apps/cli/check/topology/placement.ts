import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TopologyProblem, topologyProblems } from '#kernel/topology/topology';
import { lineAt, readJson } from './json-lines.js';
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
  const json = readJson(text);
  if ('reason' in json)
    return [{ rule: RULE_OF.shape, file, line: json.line, what: `is no JSON: ${json.reason}`, subject: 'no JSON' }];
  return topologyProblems(json.value, modules).map(({ about, path, subject, text: what }) => {
    return { rule: RULE_OF[about], file, line: lineAt(text, path), what, subject };
  });
}
