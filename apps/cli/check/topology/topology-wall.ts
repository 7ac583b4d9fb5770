import { readContracts } from '../../system/read-contracts.js';
import { readSources } from '../../system/read-handlers.js';
import type { Violation, Wall } from '../wall.js';
import { declarationViolations, readModules } from './declarations.js';
import { messageViolations } from './messages.js';
import { placementViolations } from './placement.js';
import { readmeViolations } from './readme.js';
import { registrationViolations } from './registrations.js';
import { RULES } from './rules.js';
import { mapViolations } from './system-map.js';

/** Where modules stand, what they declare of themselves, and who takes which message. */
export const topologyWall: Wall = {
  name: 'topology',
  rules: async () => RULES,
  violations: (root) => topologyViolations(root),
};

/** @param read what tells the messages that are declared below the root; the contracts are loaded for it */
export async function topologyViolations(root: string, read = readContracts): Promise<Violation[]> {
  const contracts = read(root);
  // Awaited at the end: they are loaded while the rest is read.
  contracts.catch(() => undefined);
  const modules = readModules(root);
  const folders = modules.map(({ folder }) => folder);
  const declared = modules.flatMap(({ declaration }) => declaration ?? []);
  const sources = readSources(root);
  return [
    ...declarationViolations(modules),
    ...readmeViolations(root, folders),
    ...mapViolations(sources.origins, folders),
    ...placementViolations(root, folders),
    ...registrationViolations(sources),
    ...messageViolations(await contracts, sources, declared),
  ];
}
