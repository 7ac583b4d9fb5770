import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once the condition holds; rejects when it has not within so many milliseconds, and says of what. */
export async function waitUntil(
  condition: () => Promise<boolean>,
  withinMs: number,
  what = 'the condition',
): Promise<void> {
  for (const end = Date.now() + withinMs; !(await condition()); await sleep(15)) {
    if (Date.now() > end) throw new Error(`Not so within ${withinMs} ms: ${what}.`);
  }
}

/** `waitUntil` with the patience of a suite. */
export const untilWithin =
  (usualMs: number) =>
  (condition: () => Promise<boolean>, withinMs = usualMs): Promise<void> =>
    waitUntil(condition, withinMs);
