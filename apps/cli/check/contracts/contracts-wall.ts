import { readContracts } from '../../system/read-contracts.js';
import type { Violation, Wall } from '../wall.js';
import { readGoldens } from './golden.js';
import { judge } from './judge.js';
import { RULES } from './rules.js';
import { silenced } from './silenced.js';

/** What passes between modules, held to what was released. */
export const contractsWall: Wall = {
  name: 'contracts',
  rules: async () => RULES,
  violations: async (root, { say }) => {
    const read = await readContracts(root);
    const { readHandlers } = await import('../../system/read-handlers.js');
    const { staleDocuments } = await import('../../contract/documents.js');
    const stale = await staleDocuments(root, read, say);
    return [
      ...judge(read, readGoldens(root)),
      ...silenced(root, read.contracts, () => readHandlers(root)).map(
        ({ contract: { file, line, name, owner }, takers }): Violation => ({
          rule: 'older-version-is-still-published',
          file,
          line,
          what: `${name} is taken by ${takers.join(', ')}, and nothing in ${owner} publishes it`,
          subject: name,
        }),
      ),
      ...stale.map(({ file, what }): Violation => ({ rule: 'documents-are-fresh', file, what, subject: '' })),
    ];
  },
};
