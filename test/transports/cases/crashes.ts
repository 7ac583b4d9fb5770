import { describe, it } from '@jest/globals';
import { keyIn, upTo } from '../stage.js';
import { LONG, type Trial } from '../trial.js';

/** What a process had under way when it was killed comes again, and takes effect once. */
export function crashes(trial: Trial): void {
  describe('where processes are killed', () => {
    const begun = (prefix: string) => upTo(2).map((partition) => keyIn(partition, prefix));

    it(
      'that a receiver was handling come again to another one, once and in order',
      async () => {
        const { stage } = trial;
        await stage.haveNoReceiver();
        const receiver = await stage.startProcess('receiver');
        stage.weather.patience = 3_000;
        const prefix = trial.named('receiver');
        const keys = begun(prefix);
        for (const key of keys) {
          await stage.leave(key, [0]);
          await stage.leave(key, [1], { does: 'dawdle' });
          await stage.leave(key, [2]);
        }
        for (const key of keys) await stage.dawdles(key);
        await receiver.kill();
        await stage.have(1, 1);
        await trial.expectAll(prefix, keys, 3);
      },
      LONG,
    );

    trial.given('apps', 'that a sender had under way are sent again by another one, once and in order', async () => {
      const { stage } = trial;
      await stage.have(0, 1);
      const sender = await stage.startProcess('sender');
      const prefix = trial.named('sender');
      const keys = begun(prefix);
      for (const key of keys) {
        await stage.leave(key, [0]);
        await stage.leave(key, [1], { does: 'dawdle' });
        await stage.leave(key, [2]);
      }
      for (const key of keys) await stage.dawdles(key);
      await sender.kill();
      await stage.have(1, 1);
      await trial.expectAll(prefix, keys, 3);
    });
  });
}
