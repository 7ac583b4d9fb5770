import type { Wall } from '../wall.js';
import { RULES } from './rules.js';
import { violationsInSources } from './sources-wall.js';

/** A role for each module that reaches its own schema and nothing else: in what its sources say. */
export const databaseWall: Wall = {
  name: 'database',
  rules: async () => RULES,
  violations: async (root) => violationsInSources(root),
};
