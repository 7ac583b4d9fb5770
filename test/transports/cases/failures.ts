import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { DELAY, Sent, seat } from '../modules.js';
import { keyIn, messageOf, upTo } from '../stage.js';
import { keysOf, type Trial } from '../trial.js';

/** Handlers that fail, wait or take their time hold up nobody but their own key. */
export function failures(trial: Trial): void {
  describe('where handlers fail or take their time', () => {
    it('are parked when they fail, with those of their key behind them, while other keys go on', async () => {
      const { stage } = trial;
      const prefix = trial.named('bad');
      const keys = keysOf(prefix, 12);
      const [bad, ...others] = keys as [string, ...string[]];
      await stage.sql.query('insert into receiver.fault values ($1)', [bad]);
      await stage.publish((tx) => {
        for (const n of upTo(5))
          for (const key of keys)
            tx.publish(Sent, messageOf(key, n, { does: key === bad && n === 2 ? 'fail' : 'nothing' }));
      });
      for (const key of others) expect(await stage.takes(key, 5)).toEqual(upTo(5));
      const parked = async () => {
        const { rows } = await stage.sql.query(
          `select (envelope -> 'data' ->> 'n')::int as n, reason is not null as failed from receiver.parked where key = $1 order by seq`,
          [bad],
        );
        return rows;
      };
      await stage.until(async () => (await parked()).length === 3, 'the bad one and those behind it are parked');
      expect(await stage.taken(bad)).toEqual([0, 1]);
      expect(await parked()).toEqual([
        { n: 2, failed: true },
        { n: 3, failed: false },
        { n: 4, failed: false },
      ]);
      await stage.sql.query('delete from receiver.fault');
      expect(await stage.takes(bad, 5)).toEqual(upTo(5));
    });

    it('that a module delays come to it again at their time, once', async () => {
      const { stage } = trial;
      const key = trial.named('delayed');
      const began = Date.now();
      await stage.say(key, upTo(3), { does: 'delay' });
      expect((await stage.takes(key, 3, 'reminded')).sort()).toEqual(upTo(3));
      expect(Date.now() - began).toBeGreaterThanOrEqual(DELAY);
      expect(await stage.taken(key)).toEqual(upTo(3));
    });

    it('that take longer than the sender waits take effect once, and other keys go on meanwhile', async () => {
      const { stage } = trial;
      stage.weather.patience = 300;
      const slow = keyIn(1, trial.named('slow'));
      const other = keyIn(2, trial.named('other'));
      const over = Promise.withResolvers<void>();
      seat.isLeft = over.promise;
      try {
        await stage.say(slow, [0], { does: 'sit' });
        await stage.dawdles(slow);
        await stage.say(slow, [1, 2]);
        await stage.say(other, upTo(5));
        expect(await stage.takes(other, 5)).toEqual(upTo(5));
        // By then it has been sent again more than once.
        await sleep(800);
        expect(await stage.taken(slow)).toEqual([]);
      } finally {
        over.resolve();
      }
      expect(await stage.takes(slow, 3)).toEqual(upTo(3));
    });
  });
}
