import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from '@jest/globals';
import { keyIn, upTo } from '../stage.js';
import { keysOf, type Trial } from '../trial.js';

/** What was under way when a connection broke comes again, and takes effect once. */
export function brokenConnections(trial: Trial): void {
  describe('where connections break', () => {
    trial.given('connections', 'that are being handled come again, and take effect once', async () => {
      const { stage } = trial;
      await stage.have(2, 2);
      stage.weather.patience = 3_000;
      const prefix = trial.named('cut');
      const keys = upTo(4).map((partition) => keyIn(partition, prefix));
      for (const key of keys) await stage.say(key, [0], { does: 'dawdle' });
      for (const key of keys) await stage.dawdles(key);
      await stage.between.cut();
      for (const key of keys) await stage.say(key, [1, 2]);
      await trial.expectAll(prefix, keys, 3);
    });

    trial.given('connections', 'go on in order while connections are cut all the time', async () => {
      const { stage } = trial;
      await stage.have(2, 2);
      stage.weather.patience = 3_000;
      const prefix = trial.named('shaky');
      const keys = keysOf(prefix, 20);
      const cutting = async () => {
        for (const _ of upTo(8)) {
          await sleep(120);
          await stage.between.cut();
        }
      };
      await Promise.all([trial.flow(keys, 40, 25), cutting()]);
      await trial.expectAll(prefix, keys, 40);
      expect(stage.running('receiver')).toHaveLength(2);
    });
  });
}
