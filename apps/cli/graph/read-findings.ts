import { importsWall } from '../check/imports/imports-wall.js';
import { topologyWall } from '../check/topology/topology-wall.js';
import type { Wall } from '../check/wall.js';
import { UserError } from '../user-error.js';
import { byText } from './order.js';
import type { Breach, Findings } from './system.js';

/** The walls that can be drawn: they stand between modules, and are told from the sources alone. */
const WALLS: readonly Wall[] = [importsWall, topologyWall];

/** What breaks these walls below `root`, sorted; `say` hears of a wall that could not be looked at. */
export async function readFindings(root: string, say: (line: string) => void): Promise<Findings> {
  const found = (await Promise.all(WALLS.map((wall) => lookAt(wall, root, say)))).filter((each) => each !== undefined);
  return {
    walls: found.map(({ wall }) => wall),
    breaches: found.flatMap(({ breaches }) => breaches).sort((a, b) => byText(placeOf(a), placeOf(b))),
  };
}

async function lookAt(wall: Wall, root: string, say: (line: string) => void) {
  try {
    const [rules, violations] = await Promise.all([wall.rules(root), wall.violations(root, { say })]);
    const byName = new Map(rules.map((rule) => [rule.name, rule]));
    const breaches = violations.map((violation) => {
      const { why = '', mend = '' } = byName.get(violation.rule) ?? {};
      return { ...violation, why, mend };
    });
    return { wall: wall.name, breaches };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    say(`The wall of ${wall.name} could not be looked at, so what breaks it is not drawn: ${error.message}`);
    return undefined;
  }
}

function placeOf({ file, line = 0, rule, what }: Breach): string {
  return [file, String(line).padStart(8, '0'), rule, what].join('\n');
}
