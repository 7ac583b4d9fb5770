import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves when the work is done, has failed or has had this long: for partings, which nobody may hold up. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const settled = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: settled.signal });
  await Promise.race([work, late]).catch(() => undefined);
  settled.abort();
  await late.catch(() => undefined);
}
