import { UserError } from '../user-error.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Does work that can be interrupted only where it looks at its signal, so that it can put back what it has begun.
 * @throws UserError when it was interrupted
 */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abort = new AbortController();
  const handlers = Object.entries(SIGNALS).map(([signal, code]) => {
    const interrupt = () =>
      abort.abort(new UserError('It was interrupted, and nothing was written.', 'Do it again.', code));
    process.on(signal, interrupt);
    return () => process.off(signal, interrupt);
  });
  try {
    return await work(abort.signal);
  } finally {
    for (const remove of handlers) remove();
  }
}
