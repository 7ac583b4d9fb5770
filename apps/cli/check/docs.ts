import { writeDocuments } from '../contract/documents.js';
import { FILES, SourcesUnread, staleLines, writeAll } from '../graph/written-page.js';
import { projectRoot } from '../project-root.js';
import { explain } from '../user-error.js';
import type { CheckOptions, Finding } from './finding.js';

/** Whether what is written from the sources shows them as they are: the drawings, the schemas, the page of all rules. */
export async function checkDocs({ fix }: CheckOptions): Promise<Finding> {
  // The documents of contracts are held by the wall of contracts, which looks after this.
  if (fix) await Promise.all([writeAll(), writeDocuments(projectRoot)]);
  const stale = await staleLines().catch((error: unknown) => {
    if (error instanceof SourcesUnread) return error;
    throw error;
  });
  if (stale instanceof SourcesUnread) return { problems: 1, report: explain(stale) };
  if (stale.length === 0) return { problems: 0, report: '' };
  const report = `What is written from the sources (${FILES}) is not what they say. Run "npx seamline graph" and commit it.\n${stale.join('\n')}`;
  return { problems: 1, report };
}
