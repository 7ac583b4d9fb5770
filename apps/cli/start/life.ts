import { type EndingWatch, watchForEnding } from '../../host/ending.js';

/** From the request to end until the process is gone, in milliseconds. */
export const END_WITHIN_MS = 4500;

/** Undoes one thing that was started; `leftMs` is how long it may take. */
interface Closer {
  atMostMs: number;
  close: (leftMs: number) => Promise<unknown>;
}

/** What was started and must be closed, in order, and the word that it is time to. */
export interface Life {
  readonly closers: Closer[];
  readonly watch: EndingWatch;
}

export interface LifeOptions {
  /** Whether to end with the process that started this one. */
  readonly withParent?: boolean;
  /** Told when the process is to end because it was asked to. */
  readonly stopping: () => void;
  /** Tells what has failed. */
  readonly report: (error: unknown) => Promise<void>;
}

/**
 * Starts something and keeps it running until it is asked to end. Ends the process: 0 when it was asked to, 130 when it
 * was asked twice, 1 when something failed.
 */
export async function live(startAll: (life: Life) => Promise<void>, options: LifeOptions): Promise<never> {
  const watch = watchForEnding({ withParent: options.withParent ?? false });
  const closers: Closer[] = [];
  const failedToStart = startAll({ closers, watch }).then(() => new Promise<never>(() => {}));
  const ending = await Promise.race([watch.ended, failedToStart]).catch((error: unknown) => ({
    reason: 'failed' as const,
    error,
  }));

  if (ending.reason === 'asked') options.stopping();
  else await options.report(ending.error);
  const hurried = await closeAll(closers, watch);
  process.exit(ending.reason === 'failed' ? 1 : hurried ? 130 : 0);
}

/** Closes in reverse order, each within its time. True when the user would not wait for the app. */
async function closeAll(closers: Closer[], watch: EndingWatch): Promise<boolean> {
  const deadline = performance.now() + END_WITHIN_MS;
  let hurried = false;
  const hurry = watch.hurried.then(() => {
    hurried = true;
  });
  for (const { atMostMs, close } of closers.toReversed()) {
    const leftMs = Math.min(deadline - performance.now(), atMostMs);
    const closed = close(leftMs).catch(() => {});
    // The database is what must not be left behind, and it stops fast.
    await Promise.race([closed, pause(leftMs), ...(atMostMs < END_WITHIN_MS ? [hurry] : [])]);
  }
  return hurried;
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
