import { FILES, staleLines, writeAll } from '../graph/written-page.js';
import type { CheckOptions, Finding } from './finding.js';

/** Whether docs/architecture.md shows the modules and messages as they are, and topology.schema.json what may be written. */
export async function checkDocs({ fix }: CheckOptions): Promise<Finding> {
  if (fix) await writeAll();
  const stale = await staleLines();
  if (stale.length === 0) return { problems: 0, report: '' };
  const report = `What is written from the sources (${FILES}) is not what they say. Run "npx seamline graph" and commit it.\n${stale.join('\n')}`;
  return { problems: 1, report };
}
