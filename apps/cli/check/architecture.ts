import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { IConfiguration, ICruiseResult, IFlattenedRuleSet, IViolation } from 'dependency-cruiser';
import { projectRoot } from '../project-root.js';
import { declarationViolations, readModules } from './declarations.js';
import type { Finding } from './finding.js';
import { describe, type Violation } from './violation.js';

const FOLDERS = ['src', 'apps', 'test'];

export async function checkArchitecture(): Promise<Finding> {
  const violations = await architectureViolations();
  return { problems: violations.length, report: describe(violations) };
}

/** Everything below `root` that breaks a rule about who may import whom. */
export async function architectureViolations(root = projectRoot): Promise<Violation[]> {
  return [...declarationViolations(readModules(root)), ...(await importViolations(root))];
}

/** The rules for the tree below `root`, as .dependency-cruiser.js makes them. */
export async function importRules(root: string): Promise<IConfiguration> {
  const file = pathToFileURL(join(projectRoot, '.dependency-cruiser.js')).href;
  const { configurationFor }: { configurationFor: (root: string) => IConfiguration } = await import(file);
  return configurationFor(root);
}

async function importViolations(root: string): Promise<Violation[]> {
  const { options, ...ruleSet } = await importRules(root);
  const { cruise } = await import('dependency-cruiser');
  const { default: extractTsConfig } = await import('dependency-cruiser/config-utl/extract-ts-config');
  const folders = FOLDERS.filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(
    folders,
    { ...options, baseDir: root, validate: true, ruleSet },
    {},
    { tsConfig: extractTsConfig(options?.tsConfig?.fileName ?? 'tsconfig.json') },
  );
  const { violations } = (output as ICruiseResult).summary;
  return violations.map((broken) => inPlainWords(root, ruleSet, broken));
}

function inPlainWords(root: string, { forbidden = [] }: IFlattenedRuleSet, broken: IViolation): Violation {
  const { name } = broken.rule;
  const line = broken.unresolvedTo === undefined ? undefined : lineOf(root, broken.from, broken.unresolvedTo);
  return {
    rule: name,
    comment: forbidden.find((rule) => rule.name === name)?.comment ?? '',
    where: line === undefined ? broken.from : `${broken.from}:${line}`,
    what: whatIs(broken),
  };
}

function whatIs({ type, from, to, unresolvedTo, cycle }: IViolation): string {
  if (type === 'module') return 'is reached from no app';
  if (type === 'cycle') return `imports itself: ${[from, ...(cycle ?? []).map(({ name }) => name)].join(' → ')}`;
  return unresolvedTo === undefined || unresolvedTo === to ? `imports ${to}` : `imports ${unresolvedTo} (${to})`;
}

/** The first line that names what is imported. */
function lineOf(root: string, file: string, specifier: string): number | undefined {
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const index = lines.findIndex((line) => line.includes(`'${specifier}'`) || line.includes(`"${specifier}"`));
  return index < 0 ? undefined : index + 1;
}
