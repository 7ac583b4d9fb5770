import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Dated, Deadlines } from './deadlines.js';

const SOON = 20;
const LONG = 60_000;

describe('what is awaited', () => {
  let deadlines: Deadlines;
  let late: string[];

  beforeEach(() => {
    deadlines = new Deadlines();
    late = [];
  });

  function awaited(name: string, within: number, then: () => void = () => undefined): Dated {
    const each: Dated = {
      ends: performance.now() + within,
      before: undefined,
      after: undefined,
      late: () => {
        late.push(name);
        then();
      },
    };
    deadlines.add(each);
    return each;
  }

  it('is late at its time, and whoever comes after what was to be first is not forgotten', async () => {
    awaited('long', LONG);
    awaited('later', SOON * 3);
    awaited('soon', SOON);
    await pause(SOON * 6);
    expect(late).toEqual(['soon', 'later']);
  });

  it('is never late once it is awaited no more, wherever it stood', async () => {
    const all = ['first', 'second', 'third', 'fourth', 'last'].map((name) => awaited(name, SOON));
    for (const at of [2, 0, 4]) deadlines.delete(all[at] as Dated);
    await pause(SOON * 4);
    expect(late).toEqual(['second', 'fourth']);
  });

  it('may come to nothing twice, and after it was late', async () => {
    const each = awaited('each', SOON);
    const other = awaited('other', SOON);
    deadlines.delete(other);
    deadlines.delete(other);
    await pause(SOON * 4);
    deadlines.delete(each);
    awaited('next', SOON);
    await pause(SOON * 4);
    expect(late).toEqual(['each', 'next']);
  });

  it('may do away with what is late as well, and await another', async () => {
    const victim: { each?: Dated } = {};
    awaited('first', SOON, () => {
      deadlines.delete(victim.each as Dated);
      awaited('another', SOON);
    });
    victim.each = awaited('victim', SOON);
    await pause(SOON * 6);
    expect(late).toEqual(['first', 'another']);
  });
});
