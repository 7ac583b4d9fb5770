import { TimeoutStrategy, timeout } from 'cockatiel';

/** Nobody knows whether the work was done: it may still be, or may have been with only its answer lost. */
export class DeadlineExceeded extends Error {
  constructor(milliseconds: number) {
    super(`There was no answer within ${milliseconds} ms.`);
    this.name = 'DeadlineExceeded';
  }
}

/**
 * The result of `work`, or an error after so many milliseconds, whether `work` heeds its signal or not.
 * @throws DeadlineExceeded when there was no answer in time; whatever `work` throws before.
 */
export async function withDeadline<Result>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const policy = timeout(milliseconds, TimeoutStrategy.Aggressive);
  // Work that heeds the signal rejects in its own words, perhaps before the policy does.
  let late = false;
  policy.onTimeout(() => {
    late = true;
  });
  try {
    return await policy.execute(({ signal }) => work(signal));
  } catch (error) {
    throw late ? new DeadlineExceeded(milliseconds) : error;
  }
}
