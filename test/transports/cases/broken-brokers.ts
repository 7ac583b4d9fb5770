import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import { upTo } from '../stage.js';
import { keysOf, type Trial } from '../trial.js';

/** A broker is a pipe, never the only copy. */
export function brokenBrokers(trial: Trial): void {
  describe('where the broker breaks', () => {
    trial.given('broker', 'go on in order after it was killed amid them and started again', async () => {
      const { stage, broker } = trial;
      await stage.have(1, 2);
      stage.weather.patience = 3_000;
      const prefix = trial.named('restart');
      const keys = keysOf(prefix, 20);
      const breaking = async () => {
        await sleep(500);
        await broker.kill();
        await sleep(500);
        await broker.start();
      };
      await Promise.all([trial.flow(keys, 40, 50), breaking()]);
      await trial.expectAll(prefix, keys, 40);
    });

    trial.given('broker', 'are not lost when it forgets everything amid them', async () => {
      const { stage, broker } = trial;
      await stage.have(1, 2);
      stage.weather.patience = 3_000;
      const prefix = trial.named('emptied');
      const keys = keysOf(prefix, 20);
      const emptying = async () => {
        for (const _ of upTo(3)) {
          await sleep(300);
          await broker.empty();
        }
      };
      await Promise.all([trial.flow(keys, 30, 50), emptying()]);
      await trial.expectAll(prefix, keys, 30);
    });

    trial.given(
      'broker',
      'are published while it is down, by apps that started without it, and come when it is there',
      async () => {
        const { stage, broker } = trial;
        await stage.have(0, 0);
        await broker.kill();
        await stage.have(1, 1);
        stage.weather.patience = 3_000;
        const prefix = trial.named('down');
        const keys = keysOf(prefix, 5);
        await trial.flow(keys, 4);
        await sleep(500);
        expect(await stage.takenOfAll(prefix)).toEqual(new Map());
        await broker.start();
        await trial.expectAll(prefix, keys, 4);
      },
    );
  });
}
