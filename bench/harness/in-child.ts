// The process of one candidate: takes one request, answers it and ends.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Answer, Request } from './child.js';

async function answer({ file, run, stage }: Request): Promise<Answer> {
  try {
    const candidate = await import(pathToFileURL(join(import.meta.dirname, '..', `${file}.js`)).href);
    return { result: await candidate[run](stage) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

// The bench was killed: nobody waits for this any more.
process.once('disconnect', () => process.exit(1));
process.once('message', async (request: Request) => {
  const said = await answer(request);
  process.send?.(said, () => process.exit(0));
});
