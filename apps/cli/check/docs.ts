import { PAGE, staleLines, writePage } from '../graph/written-page.js';
import type { CheckOptions, Finding } from './finding.js';

/** Whether docs/architecture.md shows the modules and messages as they are. */
export async function checkDocs({ fix }: CheckOptions): Promise<Finding> {
  if (fix) await writePage();
  const stale = await staleLines();
  if (stale.length === 0) return { problems: 0, report: '' };
  const report = `${PAGE} is not what the sources say. Run "npx seamline graph" and commit it.\n${stale.join('\n')}`;
  return { problems: 1, report };
}
