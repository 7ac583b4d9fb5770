import type { Violation, Wall } from '../wall.js';
import { violationsInDatabase } from './live/databases.js';
import { RULES } from './rules.js';
import { violationsInSources } from './sources-wall.js';

/** A role for each module that reaches its own schema and nothing else: in what the sources say, and in a database. */
export const databaseWall: Wall = {
  name: 'database',
  rules: async () => RULES,
  violations: async (root, options) => {
    // The database first: while its server comes up, the sources are read.
    const [inDatabase, inSources] = await Promise.all([violationsInDatabase(root, options), violationsInSources(root)]);
    return once([...inSources, ...inDatabase]);
  },
};

/** What is read by several ways, as a constant that is used twice, is told once. */
function once(violations: readonly Violation[]): Violation[] {
  const key = ({ rule, file, line, subject }: Violation) => JSON.stringify([rule, file, line, subject]);
  return [...new Map(violations.map((violation) => [key(violation), violation])).values()];
}
