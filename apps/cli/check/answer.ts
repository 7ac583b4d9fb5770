import { UserError } from '../user-error.js';
import { render } from './report/formats.js';
import { humanReport } from './report/human.js';
import { exitCodeOf } from './report/report.js';
import { type Given, readRequest, readRoot } from './request.js';
import { runCheck } from './run-check.js';

export interface Asked extends Given {
  readonly affected: boolean;
  readonly base?: string;
}

export interface Streams {
  /** What was asked for. */
  readonly print: (text: string) => void;
  /** What goes beside it: progress and notes. */
  readonly tell: (line: string) => void;
  readonly inColour: boolean;
}

/** How long walls have to let go of what they hold, once the user has had enough. In milliseconds. */
const GRACE = 3_000;
const INTERRUPTED = 130;

/** Does what the command line asks for, and gives the exit code. @throws UserError */
export async function answer(asked: Asked, streams: Streams): Promise<number> {
  if (asked.affected || asked.base !== undefined) return affected(asked, streams);
  const request = readRequest(asked);
  const stopped = new AbortController();
  const stop = () => {
    stopped.abort();
    setTimeout(() => process.exit(INTERRUPTED), GRACE).unref();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const inColour = streams.inColour && request.format === 'human';
    const report = await runCheck(request, { say: streams.tell, inColour, signal: stopped.signal });
    if (stopped.signal.aborted) return INTERRUPTED;
    // Annotations show at most a few; the log of the run has all.
    if (request.format === 'github') streams.tell(humanReport(report, false));
    streams.print(render(request.format, report, inColour));
    return exitCodeOf(report);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

async function affected(asked: Asked, { print }: Streams): Promise<number> {
  const { root, format, affected: isAskedFor, base } = asked;
  if (!isAskedFor || base === undefined)
    throw new UserError(
      `--${isAskedFor ? 'affected' : 'base'} makes no sense without --${isAskedFor ? 'base' : 'affected'}.`,
      'Give both, as in --affected --base origin/main.',
      2,
    );
  if (format !== 'human' && format !== 'json')
    throw new UserError(
      `--affected prints names, which there is no "${format}" of.`,
      'Give --format json, or none.',
      2,
    );
  const { affectedModules } = await import('./imports/affected.js');
  const modules = await affectedModules(readRoot(root), base);
  print(format === 'json' ? `${JSON.stringify(modules)}\n` : modules.map((module) => `${module}\n`).join(''));
  return 0;
}
