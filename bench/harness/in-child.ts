// The process of one candidate: takes one request and answers it; then it ends, or lasts until it is told to end.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Answer, End, Lasting, Request } from './child.js';

async function answerTo(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

async function run({ file, run: name, stage }: Request): Promise<Answer> {
  // The thread that asks, and no other: those of the engine are there already, and go where there is room.
  if (stage.processor !== undefined)
    execFileSync('taskset', ['--cpu-list', '--pid', `${stage.processor}`, `${process.pid}`]);
  const candidate = await import(pathToFileURL(join(import.meta.dirname, '..', `${file}.js`)).href);
  const result = await candidate[name](stage);
  if (!isLasting(result)) return { result };
  process.once('message', async ({ end }: End) => {
    endWith(await answerTo(async () => ({ result: await result.end(end) })));
  });
  return { result: result.ready, lasts: true };
}

function isLasting(result: unknown): result is Lasting {
  return typeof (result as Partial<Lasting> | undefined)?.end === 'function';
}

function endWith(answer: Answer): void {
  process.send?.(answer, () => process.exit(0));
}

// The bench was killed: nobody waits for this any more.
process.once('disconnect', () => process.exit(1));
process.once('message', async (request: Request) => {
  const said = await answerTo(() => run(request));
  if ('lasts' in said) process.send?.(said);
  else endWith(said);
});
