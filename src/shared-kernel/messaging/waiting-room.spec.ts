import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { UnitOfWork } from '../persistence/unit-of-work.js';
import type { Dispatch } from './dispatch.js';
import { WaitingRoom } from './waiting-room.js';

describe('a waiting room whose database is away', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('says so once, for all lanes and however often it looks, and that it is back', async () => {
    const said: unknown[] = [];
    for (const level of ['log', 'warn'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation((line) => void said.push(line));
    let looks = 0;
    let isAway = true;
    const query = async () => {
      looks++;
      if (isAway) throw new Error('the database system is starting up');
      return [{ parked: false, delayed: false, known: false }];
    };
    const room = new WaitingRoom('orders', { query } as unknown as UnitOfWork, { types: [] } as unknown as Dispatch);
    const untilLookedAt = async (times: number) => {
      for (const before = looks; looks < before + times; await sleep(1)) room.wake();
    };

    room.start();
    await untilLookedAt(10);
    isAway = false;
    await untilLookedAt(10);
    await room.stop();
    expect(said).toEqual([
      'Waiting messages could not be looked at: the database system is starting up',
      'Waiting messages are looked at again.',
    ]);
  });
});
