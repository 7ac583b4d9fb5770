import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../project-root.js';
import { UserError } from '../../user-error.js';
import type { Rule } from '../wall.js';
import { OWN_RULES } from './own-rules.js';
import { type ImportRule, parseRule } from './rule-language.js';

const FILE = '.dependency-cruiser.js';

/** What a .dependency-cruiser.js may export; the first that is there holds. */
interface Exports {
  /** Every rule there is below a root, with why and mend apart. */
  readonly rulesFor?: (root: string) => readonly unknown[];
  readonly configurationFor?: (root: string) => { readonly forbidden?: readonly unknown[] };
  readonly forbidden?: readonly unknown[];
  readonly default?: { readonly forbidden?: readonly unknown[]; readonly [key: string]: unknown };
}

/**
 * The rules for the tree below `root`. A `.dependency-cruiser.js` of its own that makes them from a root stands for this
 * project's; one that only lists rules adds them.
 * @throws UserError when they cannot be read, or say what is not held here
 */
export async function importRules(root: string): Promise<ImportRule[]> {
  const rules = (await givenRules(root)).filter(({ severity }) => severity !== 'ignore');
  const seen = new Set(OWN_RULES.map(({ name }) => name));
  for (const { name } of rules) {
    if (seen.has(name))
      throw new UserError(
        `There are two rules named "${name}".`,
        `Give the one in ${join(root, FILE)} another name.`,
        2,
      );
    seen.add(name);
  }
  return rules;
}

/** In the words that are printed beside what breaks them. */
export function inWords({ name, comment = '', why, mend }: ImportRule): Rule {
  const [, first = comment, rest = ''] = /^(.+?[.!?])\s+(.+)$/s.exec(comment.trim()) ?? [];
  return {
    name,
    wall: 'imports',
    why: why ?? (first || `The rule stands in ${FILE}.`),
    mend: mend ?? (rest || `Do without this import, or change the rule in ${FILE}.`),
  };
}

async function givenRules(root: string): Promise<ImportRule[]> {
  const shared = join(projectRoot, FILE);
  const own = join(root, FILE);
  if (own === shared || !existsSync(own)) return madeFor(root, await load(shared), shared) ?? [];
  const exported = await load(own);
  const made = madeFor(root, exported, own);
  if (made !== undefined) return made;
  const added = exported.forbidden ?? exported.default?.forbidden ?? [];
  refuseOtherParts(exported.default ?? {}, own);
  return [...(madeFor(root, await load(shared), shared) ?? []), ...added.map((rule) => parseRule(rule, own))];
}

function madeFor(root: string, exported: Exports, file: string): ImportRule[] | undefined {
  const given = exported.rulesFor?.(root) ?? exported.configurationFor?.(root).forbidden;
  return given?.map((rule) => parseRule(rule, file));
}

/** Rules of a kind that is not held must not seem to be kept. */
function refuseOtherParts(configuration: Readonly<Record<string, unknown>>, file: string): void {
  for (const part of ['allowed', 'required', 'extends'])
    if (part in configuration)
      throw new UserError(
        `${file} has "${part}", which "seamline check" does not understand.`,
        'Say it by rules under "forbidden", or hold it by dependency-cruiser itself.',
        2,
      );
}

async function load(file: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(file).href)) as Exports;
  } catch (error) {
    throw new UserError(
      `${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      'Correct it; it holds the rules about imports.',
      2,
    );
  }
}
