import { setTimeout as sleep } from 'node:timers/promises';
import { eachOf } from './each-of.js';

export interface Asking<T, A> {
  items: Iterable<T>;
  /** undefined = there will be no answer, however often it is asked. */
  ask: (item: T) => Promise<A | undefined>;
  done: (item: T, answer: A) => boolean;
  onDone?: () => void;
  concurrency: number;
  /** How long to go on asking while not one item gets done. */
  patienceMs: number;
  /** When (performance.now) the server was last back from an outage; the time before does not count. */
  backSince: () => number;
  signal: AbortSignal;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** Asks about every item, in rounds with growing pauses, until its answer is the awaited one; gives the last answers. */
export async function askUntil<T, A>(asking: Asking<T, A>): Promise<Map<T, A>> {
  const answers = new Map<T, A>();
  let waiting = [...asking.items];
  let progressAt = performance.now();
  let pause = FIRST_PAUSE_MS;
  while (waiting.length > 0) {
    const begunAt = performance.now();
    const left = await askAll(waiting, asking, answers);
    const progress = left.length < waiting.length;
    waiting = left;
    if (progress) progressAt = performance.now();
    // As of the round's beginning: however slow the answers, the last of them are asked for after the patience ended.
    const unchangedMs = begunAt - Math.max(progressAt, asking.backSince());
    if (waiting.length === 0 || unchangedMs > asking.patienceMs) break;
    pause = progress ? FIRST_PAUSE_MS : Math.min(pause * 1.5, LONGEST_PAUSE_MS);
    await sleep(pause, undefined, { signal: asking.signal });
  }
  return answers;
}

async function askAll<T, A>(items: T[], asking: Asking<T, A>, answers: Map<T, A>): Promise<T[]> {
  const left: T[] = [];
  await eachOf(items, asking.concurrency, async (item) => {
    const answer = await asking.ask(item);
    if (answer !== undefined) answers.set(item, answer);
    if (answer === undefined || asking.done(item, answer)) asking.onDone?.();
    else left.push(item);
  });
  return left;
}
