import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { CommandBus } from '@nestjs/cqrs';
import type { UnitOfWork } from '#kernel/persistence/unit-of-work';
import type { PaymentProvider } from '../domain/payment-provider.js';
import { ProviderDesk } from './provider-desk.js';

describe('a provider desk whose database is away', () => {
  afterEach(() => void jest.restoreAllMocks());

  it('says so once, however often it looks, and that it is back', async () => {
    const said: unknown[] = [];
    for (const level of ['log', 'warn'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation((line) => void said.push(line));
    let looks = 0;
    let isAway = true;
    const query = async () => {
      looks++;
      if (isAway) throw new Error('the database system is starting up');
      return [];
    };
    const desk = new ProviderDesk({ query } as unknown as UnitOfWork, {} as CommandBus, {} as PaymentProvider);
    const untilLookedAt = async (times: number) => {
      for (const before = looks; looks < before + times; await sleep(1)) desk.wake();
    };

    desk.onApplicationBootstrap();
    await untilLookedAt(10);
    isAway = false;
    await untilLookedAt(10);
    await desk.beforeApplicationShutdown();
    expect(said).toEqual([
      'Payments could not be looked at: the database system is starting up',
      'Payments are looked at again.',
    ]);
  });
});
