/** Why a running system ends: it was asked to, or something failed. */
export type Ending = { reason: 'asked' } | { reason: 'failed'; error: unknown };

const ASKING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** npm and a terminal both pass on a Ctrl-C, so one press arrives as two signals within a moment. */
const SAME_PRESS_MS = 300;

export interface EndingWatch {
  /** Resolves once, with the first reason to end. */
  ended: Promise<Ending>;
  /** Aborted from then on. */
  signal: AbortSignal;
  /** Resolves when the user asks again and does not want to wait. */
  hurried: Promise<void>;
}

/**
 * Listens for the reasons to end, from now on for the life of this process.
 * @param withParent to lose the process that started this one is a reason too
 */
export function watchForEnding({ withParent = false } = {}): EndingWatch {
  const ended = Promise.withResolvers<Ending>();
  const hurried = Promise.withResolvers<void>();
  const abort = new AbortController();
  const end = (ending: Ending) => {
    ended.resolve(ending);
    abort.abort();
  };
  let firstAsked: number | undefined;
  const asked = () => {
    firstAsked ??= performance.now();
    if (performance.now() - firstAsked > SAME_PRESS_MS) hurried.resolve();
    end({ reason: 'asked' });
  };
  for (const signal of ASKING) process.on(signal, asked);
  if (withParent) process.on('disconnect', asked);
  if (withParent && !process.connected) asked();
  const failed = (error: unknown) => end({ reason: 'failed', error });
  process.on('uncaughtException', failed);
  process.on('unhandledRejection', failed);
  return { ended: ended.promise, signal: abort.signal, hurried: hurried.promise };
}
