import { FILES, staleLines, writeAll } from '../graph/written-page.js';
import { projectRoot } from '../project-root.js';
import type { CheckOptions, Finding } from './finding.js';
import { PAGE, staleRules, writeRulesPage } from './rules-page.js';

/** Whether what is written from the sources shows them as they are: the drawings, the schemas, the page of all rules. */
export async function checkDocs({ fix }: CheckOptions): Promise<Finding> {
  if (fix) await Promise.all([writeAll(), writeRulesPage(projectRoot)]);
  const [drawings, rules] = await Promise.all([staleLines(), staleRules(projectRoot)]);
  const stale = [...drawings, ...(rules.length === 0 ? [] : [PAGE, ...rules])];
  if (stale.length === 0) return { problems: 0, report: '' };
  const report = `What is written from the sources (${FILES}, ${PAGE}) is not what they say. Run "npx seamline check --only docs --fix" and commit it.\n${stale.join('\n')}`;
  return { problems: 1, report };
}
