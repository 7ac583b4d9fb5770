import { afterAll, afterEach, beforeAll, describe, it } from '@jest/globals';
import { brokenBrokers } from './cases/broken-brokers.js';
import { brokenConnections } from './cases/broken-connections.js';
import { contents } from './cases/contents.js';
import { crashes } from './cases/crashes.js';
import { failures } from './cases/failures.js';
import { order } from './cases/order.js';
import { LONG, Trial } from './trial.js';
import type { TransportUnderTest } from './under-test.js';

/**
 * What publishing and subscribing promise, whatever carries the messages. A spec of a transport is
 *
 *   await conformance(direct);
 */
export async function conformance(underTest: TransportUnderTest): Promise<void> {
  const missing = await underTest.missing();
  describe(`over ${underTest.name}, messages`, () => {
    if (missing !== undefined) {
      it.skip(`cannot be tested here: ${missing}`, () => undefined);
      return;
    }
    const trial = new Trial(underTest);
    beforeAll(() => trial.begin(), LONG);
    afterAll(() => trial.end(), LONG);
    afterEach(() => trial.stage.weather.clear());
    order(trial);
    contents(trial);
    failures(trial);
    brokenConnections(trial);
    brokenBrokers(trial);
    crashes(trial);
  });
}
