import { moduleFolders } from '../system/module-files.js';
import { type Rule, WALLS, type WallName } from './wall.js';
import { loadWall } from './walls.js';

/** docs/rules.md: every rule of every wall below `root`. */
export async function rulesPage(root: string): Promise<string> {
  const modules = moduleFolders(root);
  const walls = await Promise.all(WALLS.map(async (name) => [name, await rulesOf(name, root, modules)] as const));
  const count = walls.reduce((sum, [, rules]) => sum + rules.length, 0);
  return `<!-- Written by "npx seamline graph" from the walls. Change those and run it again. -->
# The ${count} rules

What "npx seamline check" holds ([check.md](check.md)); how to read a violation is told in [boundaries.md](boundaries.md).

${walls.map(section).join('\n')}`;
}

/** Those that are made for every module stand there once. */
async function rulesOf(wall: WallName, root: string, modules: readonly string[]): Promise<Rule[]> {
  const rules = await (await loadWall(wall)).rules(root);
  const byName = new Map(rules.map((rule) => ownOf(rule, modules)).map((rule) => [rule.name, rule]));
  return [...byName.values()];
}

function ownOf(rule: Rule, modules: readonly string[]): Rule {
  const module = modules.find((each) => rule.name.startsWith(`${each}-`));
  if (module === undefined) return rule;
  const name = `<module>${rule.name.slice(module.length)}`;
  return { ...rule, name, why: 'Made for every module from its module.json, where it says what holds for it.' };
}

function section([wall, rules]: readonly [WallName, readonly Rule[]]): string {
  const rows = rules.map(({ name, why, mend }) => `| \`${name}\` | ${cell(why)} | ${cell(mend)} |`);
  return `## ${wall}: ${rules.length}\n\n| rule | why | what to do |\n|---|---|---|\n${rows.join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replace(/\s+/g, ' ');
