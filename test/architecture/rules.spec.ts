import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { rulesPage } from '#apps/cli/check/rules-page';
import { type Rule, WALLS, type WallName } from '#apps/cli/check/wall';
import { loadWall } from '#apps/cli/check/walls';
import { FIXTURES as CONTRACTS } from '../walls/contracts.fixtures.js';
import { FIXTURES as DATABASE, LIVE_FIXTURES } from '../walls/database.fixtures.js';
import { FIXTURES as IMPORTS } from '../walls/imports.fixtures.js';
import { FIXTURES as TOPOLOGY } from '../walls/topology.fixtures.js';

/** What must be caught, and what is nearly the same and must pass: sources, or statements for a database. */
interface Fixture {
  readonly rule: string;
  readonly form: string;
  readonly broken: unknown;
  readonly clean: unknown;
}

/** Each wall's own spec, in test/walls, runs them. */
const FIXTURES: Readonly<Record<WallName, readonly Fixture[]>> = {
  imports: IMPORTS,
  database: [
    ...DATABASE,
    ...LIVE_FIXTURES.map(({ rule, form, break: broken, mend: clean }) => ({ rule, form, broken, clean })),
  ],
  contracts: CONTRACTS,
  topology: TOPOLOGY,
};

const rulesOf = async (wall: WallName): Promise<readonly Rule[]> => (await loadWall(wall)).rules(process.cwd());

describe('the rules', () => {
  it('have names of their own, among all walls', async () => {
    const names = (await Promise.all(WALLS.map(rulesOf))).flat().map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    for (const name of names) expect(name).toMatch(/^[a-z]+(-[a-z0-9]+)+$/);
  });

  it.each(WALLS)('of the wall "%s" say why in one sentence, and what to do in the imperative', async (wall) => {
    for (const rule of await rulesOf(wall)) {
      expect(rule.wall).toBe(wall);
      expect(rule.why).toMatch(/^[A-Z`].*\.$/);
      expect(rule.why).not.toMatch(/[.!?] [A-Z]/);
      expect(rule.mend).toMatch(/^[A-Z][a-z]+\b.*[.)…]$/);
      // "Give", "Move", "Write": no article, no pronoun, no noun of the rule itself.
      expect(rule.mend).not.toMatch(/^(?:The|A|An|It|This|That|You|Your|There|No|Not|Each|Every|One|If|When)\b/);
    }
  });

  it.each(WALLS)(
    'of the wall "%s" each have a fixture that breaks them, and no fixture is about anything else',
    async (wall) => {
      const names = new Set((await rulesOf(wall)).map(({ name }) => name));
      // What a database itself shows is broken and mended there, not in files.
      const inDatabase = wall === 'database' ? LIVE_FIXTURES : [];
      const covered = new Set<string>([...FIXTURES[wall], ...inDatabase].map(({ rule }) => rule));
      expect([...covered].filter((rule) => !names.has(rule))).toEqual([]);
      expect([...names].filter((rule) => !covered.has(rule) && !isMadeForOneModule(rule))).toEqual([]);
    },
  );

  it.each(WALLS)('of the wall "%s" have fixtures that differ from their twins, each telling what it shows', (wall) => {
    const told = FIXTURES[wall].map(({ rule, form }) => `${rule}: ${form}`);
    expect(told.filter((each, index) => told.indexOf(each) !== index)).toEqual([]);
    for (const { form, broken, clean } of FIXTURES[wall]) {
      expect(form).not.toBe('');
      expect(broken).not.toEqual(clean);
    }
  });

  it('are all in docs/rules.md: what is deleted here is missed there', async () => {
    expect(await readFile('docs/rules.md', 'utf8')).toBe(await rulesPage(process.cwd()));
  });
});

/** As `orders-depends-on-what-it-declares`: its fixtures are about the modules of the small tree they stand in. */
function isMadeForOneModule(rule: string): boolean {
  return /-depends-on-what-it-declares$/.test(rule);
}
