import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Sent } from '../modules.js';
import { messageOf, upTo } from '../stage.js';
import { keysOf, LONG, type Trial } from '../trial.js';

/** Everything arrives, once, and in order per key. */
export function order(trial: Trial): void {
  describe('in order', () => {
    it(
      'wait for a receiver that comes later, ten thousand of them',
      async () => {
        const { stage } = trial;
        await stage.have(1, 0);
        const prefix = trial.named('backlog');
        const keys = keysOf(prefix, 100);
        await stage.publish((tx) => {
          for (const n of upTo(100)) for (const key of keys) tx.publish(Sent, messageOf(key, n));
        });
        await stage.have(1, 1);
        await trial.expectAll(prefix, keys, 100);
      },
      LONG,
    );

    it(
      'come from two senders to two receivers, and each key keeps its order',
      async () => {
        await trial.stage.have(2, 2);
        const prefix = trial.named('order');
        const keys = keysOf(prefix, 40);
        await trial.flow(keys, 25);
        await trial.expectAll(prefix, keys, 25);
      },
      LONG,
    );

    it('take effect once although the network doubles every batch and loses every third answer', async () => {
      trial.stage.weather.doubles = true;
      trial.stage.weather.losesOneIn = 3;
      const prefix = trial.named('doubled');
      const keys = keysOf(prefix, 20);
      await trial.flow(keys, 15, 10);
      await trial.expectAll(prefix, keys, 15);
      // What comes twice may come late.
      await sleep(500);
      await trial.expectAll(prefix, keys, 15);
    });

    it(
      'go on while instances of sender and receiver come and go',
      async () => {
        const { stage } = trial;
        const prefix = trial.named('rolling');
        const keys = keysOf(prefix, 20);
        await stage.have(2, 2);
        await trial.flow(keys, 10);
        await stage.have(2, 1);
        await trial.flow(
          keys.map((key) => `${key} again`),
          10,
        );
        await stage.have(1, 2);
        await trial.flow(
          keys.map((key) => `${key} once more`),
          10,
        );
        for (const ending of ['', ' again', ' once more'])
          for (const key of keys) expect(await stage.takes(key + ending, 10)).toEqual(upTo(10));
      },
      LONG,
    );

    it('are answered by messages that go the other way', async () => {
      const key = trial.named('answered');
      await trial.stage.say(key, upTo(10), { does: 'answer' });
      expect(await trial.stage.takes(key, 10, 'answered', 'sender')).toEqual(upTo(10));
    });
  });
}
