import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DeadlineExceeded, withDeadline } from './deadline.js';

const never = () => new Promise<never>(() => undefined);

describe('a deadline', () => {
  it('passes on what the work answers in time', async () => {
    expect(await withDeadline(1_000, async () => 'done')).toBe('done');
  });

  it('passes on what the work fails of in time', async () => {
    const work = async () => {
      throw new Error('no such card');
    };
    await expect(withDeadline(1_000, work)).rejects.toThrow('no such card');
  });

  it('ends the wait for work that does not heed it', async () => {
    await expect(withDeadline(20, never)).rejects.toThrow(DeadlineExceeded);
  });

  it('tells the work to stop, and is the one to say why', async () => {
    let stopped = false;
    const work = (signal: AbortSignal) =>
      sleep(10_000, undefined, { signal }).catch((error) => {
        stopped = true;
        throw error;
      });
    await expect(withDeadline(20, work)).rejects.toThrow('There was no answer within 20 ms.');
    expect(stopped).toBe(true);
  });
});
