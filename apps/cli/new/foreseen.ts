import { goldenFile } from '../check/contracts/golden.js';
import type { Plan } from './plan.js';
import { canRefresh } from './refresh.js';
import type { Repository } from './repository.js';
import type { Written } from './snapshot.js';

/** What carrying out a plan would write. Of the pages in docs/ those that it may change: which do, only they can tell. */
export async function foreseen(repository: Repository, { created, changed, messages }: Plan): Promise<Written> {
  const released = messages.map((message) => goldenFile(message.split('.')[0] as string, message));
  const pages = canRefresh(repository.root) ? await pagesOf(repository) : [];
  return {
    created: [...Object.keys(created), ...released].sort(),
    changed: [...changed.map(({ path }) => path).sort(), ...pages.map((page) => `${page}, if what it shows changes`)],
  };
}

async function pagesOf(repository: Repository): Promise<string[]> {
  const [{ PLACES }, { DOCUMENTS }] = await Promise.all([
    import('../graph/written-page.js'),
    import('../contract/documents.js'),
  ]);
  return [...PLACES, ...DOCUMENTS].filter((page) => page.startsWith('docs/') && repository.has(page)).sort();
}
